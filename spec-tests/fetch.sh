#!/bin/sh
# Fetches the official test suite at the commit that wasmrun is tested against.
#   fetch.sh FOLDER
set -eu
repository=https://github.com/WebAssembly/testsuite
commit=193e551
folder=${1:?usage: fetch.sh FOLDER}

if [ "$(git -C "$folder" rev-parse --short=7 HEAD 2>/dev/null)" = "$commit" ] &&
  [ "$(git -C "$folder" rev-parse --show-toplevel)" = "$(cd "$folder" && pwd -P)" ]; then
  exit 0
fi
rm -rf "$folder"
git clone --quiet --no-checkout "$repository" "$folder"
git -C "$folder" checkout --quiet "$commit"
