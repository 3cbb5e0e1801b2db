#!/bin/sh
# Installs the Debian packages that are missing: `tools/install-packages.sh build test`.
# Nothing to install costs a fraction of a second. Needs root or sudo only when there is. If packages
# cannot be installed, it says which command does it, and the build goes on with what is there.
set -eu

# What every build needs, the compilers, the compiler to native code, and guest programs (C and C++
# for wasm32-wasi).
common='cmake ninja-build make pkg-config libc6-dev libffi-dev libc-ares-dev libsodium-dev
  libjansson-dev libuv1-dev libnghttp2-dev libssl-dev libcmocka-dev python3'
clang='clang-19 lld-19'
gcc='gcc-12'
llvm='llvm-19-dev'
guests='clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32
  libc++abi-19-dev-wasm32'
build="$common $clang $llvm $guests"
# Sanitizers, the other compiler, tools that tests ask.
test="libcurl4 libclang-rt-19-dev llvm-19 gcc-12 gdb wabt binutils bsdutils util-linux git npm python3-pip zsh
  fish curl openssl nghttp2-client wrk"
tidy='clang-tidy-19 clang-format-19'
# Containers, as the tests run them: engines, base runtimes, a native program for an image.
containers='podman buildah containerd runc crun busybox-static'
# What makes packages, and the clean roots that they are tested in.
package='binutils llvm-19 xz-utils debootstrap'
# What runs the build for aarch64 on other machines.
aarch64='qemu-user'

wanted=
for set in "$@"; do
  case $set in
    common) wanted="$wanted $common" ;;
    clang) wanted="$wanted $clang" ;;
    gcc) wanted="$wanted $gcc" ;;
    llvm) wanted="$wanted $llvm" ;;
    guests) wanted="$wanted $guests" ;;
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    tidy) wanted="$wanted $tidy" ;;
    containers) wanted="$wanted $containers" ;;
    package) wanted="$wanted $package" ;;
    aarch64) wanted="$wanted $aarch64" ;;
    *) echo "$0: no set of packages '$set'" >&2; exit 2 ;;
  esac
done

# Virtual and renamed packages count as installed where something installed provides them.
installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}, ${Provides}\n' 2>/dev/null |
  sed -n 's/^ii *//p' | tr ',' '\n' | sed 's/^ *//; s/ .*//') || installed=
missing=
for package in $(printf '%s\n' $wanted | sort -u); do
  printf '%s\n' "$installed" | grep -qxF "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

by_hand() {
  echo "$0: $1; as root: apt-get install --no-install-recommends$missing" >&2
  exit 0
}
if ! command -v apt-get >/dev/null; then
  echo "$0: no apt-get here; install by hand what is missing of:$missing" >&2
  exit 0
fi
as_root=
if [ "$(id -u)" != 0 ]; then
  # sudo asks for a password only at a terminal.
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; } ||
    by_hand "packages are missing, and installing them needs root"
  as_root=sudo
fi

echo "Installing:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  # The words of the list are the arguments.
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Acquire::Retries=3 $missing >"$log" 2>&1
}
# Package lists may be missing or old: then fetch them and try again.
install || { $as_root apt-get update -q >"$log" 2>&1 && install; } ||
  { cat "$log" >&2; by_hand "packages cannot be installed"; }
