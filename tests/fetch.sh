#!/bin/sh
# Fetches an official test suite at the commit that wasmrun is tested against:
#   fetch.sh core|wasi|components FOLDER
# If that is impossible, FOLDER.unavailable holds a line that says so, with what to do by hand.
set -eu
name=${1:?usage: fetch.sh core|wasi|components FOLDER}
folder=${2:?usage: fetch.sh core|wasi|components FOLDER}
case $name in
  core)
    repository=https://github.com/WebAssembly/testsuite
    commit=193e551ff22663995b1ac95dc62344133669e14b
    variable=WASMRUN_TESTSUITE
    ;;
  wasi)
    repository=https://github.com/WebAssembly/wasi-testsuite
    commit=cf0a16cee98ca7d872e3a9b9a2c40879d3d4743f
    variable=WASMRUN_WASI_TESTSUITE
    ;;
  components)
    repository=https://github.com/WebAssembly/component-model
    commit=6d281648bd89caf885a7adcc412962dbd2425ab7
    variable=WASMRUN_COMPONENTS
    ;;
  *) echo "$0: no suite '$name'" >&2; exit 2 ;;
esac

if [ "$(git -C "$folder" rev-parse HEAD 2>/dev/null)" = "$commit" ] &&
  [ "$(git -C "$folder" rev-parse --show-toplevel)" = "$(cd "$folder" && pwd -P)" ]; then
  exit 0
fi
rm -rf "$folder" "$folder.unavailable"
if git init --quiet "$folder" &&
  timeout 300 git -C "$folder" fetch --quiet --depth 1 "$repository" "$commit" &&
  git -C "$folder" checkout --quiet FETCH_HEAD; then
  exit 0
fi
rm -rf "$folder"
echo "cannot fetch $repository at commit $commit; $variable can name a folder that holds it" \
  >"$folder.unavailable"
cat "$folder.unavailable" >&2
exit 1
