#!/bin/sh
# Unpacks the Debian packages that a cross-build for aarch64 needs into build/sysroot-aarch64.
# apt works in a state of its own there, so the machine's packages and architectures stay as they
# are, and no root is needed. `aarch64-sysroot.sh llvm` adds the library of LLVM 19.
set -eu
cd "$(dirname "$0")/.."
root=$PWD/build/sysroot-aarch64
complete=$root/complete${1:+-$1}
[ -e "$complete" ] && exit 0
packages='libc6 libc6-dev linux-libc-dev libgcc-s1 libgcc-12-dev libcrypt1 libffi8 libffi-dev
  libc-ares2 libc-ares-dev libjansson4 libjansson-dev libcmocka0 libcmocka-dev libsodium23
  libsodium-dev libuv1 libuv1-dev libnghttp2-14 libnghttp2-dev libssl3 libssl-dev'
[ "${1:-}" != llvm ] || packages="$packages libllvm19"

state=$root.apt
mkdir -p "$root" "$state/lists/partial" "$state/archives/partial"
: >"$state/status"
apt() {
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
    -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" \
    -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}
apt update >"$state/log" 2>&1 || { cat "$state/log" >&2; exit 1; }
# The words of the list are the arguments.
# shellcheck disable=SC2086
(cd "$state/archives" && apt download $packages >"$state/log" 2>&1) || { cat "$state/log" >&2; exit 1; }
for package in "$state"/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
rm -rf "$state"
touch "$root/complete" "$complete"
