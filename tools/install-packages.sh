#!/bin/sh
# Installs the Debian packages that are missing: `tools/install-packages.sh build test`.
# Nothing to install costs a fraction of a second. Needs root or sudo only when there is.
set -eu

build='clang-19 lld-19 cmake ninja-build make pkg-config libc6-dev libffi-dev libc-ares-dev
  libsodium-dev libjansson-dev python3'
# Guest programs (C and C++ for wasm32-wasi), unit tests, sanitizers, the other compiler.
guests='wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32'
test="$guests libcmocka-dev libclang-rt-19-dev llvm-19-dev gcc-12 gdb wabt"
tidy='clang-tidy-19 clang-format-19'
# Containers, as the tests run them: engines, base runtimes, a native program for an image.
containers='podman buildah containerd runc crun busybox-static'
# What runs the build for aarch64 on other machines.
aarch64='qemu-user'

wanted=
for set in "$@"; do
  case $set in
    build) wanted="$wanted $build" ;;
    guests) wanted="$wanted $guests" ;;
    test) wanted="$wanted $test" ;;
    tidy) wanted="$wanted $tidy" ;;
    containers) wanted="$wanted $containers" ;;
    aarch64) wanted="$wanted $aarch64" ;;
    *) echo "$0: no set of packages '$set'" >&2; exit 2 ;;
  esac
done

# Virtual and renamed packages count as installed where something installed provides them.
installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}, ${Provides}\n' 2>/dev/null |
  sed -n 's/^ii *//p' | tr ',' '\n' | sed 's/^ *//; s/ .*//') || installed=
missing=
for package in $wanted; do
  printf '%s\n' "$installed" | grep -qxF "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "$0: no apt-get here; install by hand what is missing of:$missing" >&2
  exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "$0: needs root or sudo to install:$missing" >&2; exit 1; }
  as_root=sudo
fi

echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
install() {
  # The words of the list are the arguments.
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Acquire::Retries=3 $missing >"$log" 2>&1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Package lists may be missing or old: then fetch them and try again.
install || { $as_root apt-get update -q >"$log" 2>&1 && install; } || { cat "$log" >&2; exit 1; }
