#!/bin/sh
# Brings the tables of files in the folders' READMEs up to date: what stands above the line
# `<!-- files -->` is kept, what follows is made by tools/files.py.
set -eu
cd "$(dirname "$0")/.."
for folder in runtime wasi cli spec-tests tests tools examples compiler; do
  readme=$folder/README.md
  grep -q '^<!-- files -->$' "$readme" 2>/dev/null || continue
  { sed '/^<!-- files -->$/q' "$readme"; echo; python3 tools/files.py "$folder"; } >"$readme.new"
  mv "$readme.new" "$readme"
done
