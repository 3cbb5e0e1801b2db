#!/bin/sh
# Installs the packages of build/packages in clean roots and uses them: tests/packages.sh NAME, with
# deb-amd64, deb-arm64, tar-x86_64 or tar-aarch64. Needs root, the package mirror, and for the other
# processor its emulator. Status 77: this machine cannot make such a root; the reason is the last line.
set -eu
cd "$(dirname "$0")/.."
packages=$PWD/build/packages
guests=$PWD/build/release/guests
root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null; rm -rf "$root"' EXIT
cannot() { echo "$1"; exit 77; }
[ "$(id -u)" = 0 ] || cannot "needs root"

# A module that is run, compiled and run natively; "$@" is what runs a program of the package.
use() {
  "$@" wasmrun --version
  [ "$("$@" wasmrun --plain --invoke gcd /math.wasm 1071 462)" = 21 ]
  [ "$("$@" wasmrun /hello.wasm Ada)" = 'Hello, Ada!' ]
}

case $1 in
  deb-amd64)
    debootstrap --variant=minbase bookworm "$root" >"$root.log" 2>&1 ||
      cannot "debootstrap makes no root here: $(tail -1 "$root.log")"
    rm -f "$root.log"
    mount -t proc proc "$root/proc" || cannot "a root of its own cannot have /proc here"
    cp "$packages"/wasmrun_*_amd64.deb "$root/wasmrun.deb"
    cp "$guests/hello.wasm" "$guests/math.wasm" build/release/embed/embed_twenty_lines "$root"
    chroot "$root" sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends /wasmrun.deb' >&2
    use env HOME=/root chroot "$root"
    chroot "$root" sh -c 'cd /tmp && HOME=/root wasmrun compile /hello.wasm -o n.wasm &&
      HOME=/root wasmrun --engine native n.wasm Ada && /embed_twenty_lines && apt-get remove -y -q wasmrun >&2 &&
      ! ls /usr/bin/wasmrun* /usr/lib/libwasmrun* 2>/dev/null'
    ;;
  deb-arm64)
    command -v qemu-aarch64 >/dev/null || cannot "qemu-aarch64 is not installed"
    state=$root/state
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$root/fs"
    : >"$state/status"
    apt() {
      apt-get -q -y -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State="$state" \
        -o Dir::State::status="$state/status" -o Dir::State::lists="$state/lists" \
        -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives" -o APT::Sandbox::User=root \
        -o Debug::NoLocking=1 "$@"
    }
    apt update >&2 || cannot "no package lists for arm64 here"
    apt install --no-install-recommends --download-only "$packages"/wasmrun_*_arm64.deb >&2
    for package in "$state"/archives/*.deb "$packages"/wasmrun_*_arm64.deb; do
      dpkg-deb -x "$package" "$root/fs"
    done
    cp "$guests/hello.wasm" "$guests/math.wasm" "$root"
    emulated() { program=$1; shift; (cd "$root" && qemu-aarch64 -L "$root/fs" "$root/fs/usr/bin/$program" "$@"); }
    emulated wasmrun --version
    [ "$(emulated wasmrun --plain --invoke gcd math.wasm 1071 462)" = 21 ]
    [ "$(emulated wasmrun hello.wasm Ada)" = 'Hello, Ada!' ]
    emulated wasmrun-compile --version
    printf '#!/bin/sh\nexec qemu-aarch64 -L "%s" "%s" "$@"\n' "$root/fs" "$root/fs/usr/bin/wasmrun-compile" >"$root/compile"
    chmod +x "$root/compile"
    export HOME="$root" WASMRUN_COMPILE="$root/compile"
    emulated wasmrun compile hello.wasm -o n.wasm
    emulated wasmrun --engine native n.wasm Ada
    ;;
  tar-*)
    machine=${1#tar-}
    tar -xzf "$packages"/wasmrun-*-linux-"$machine".tar.gz -C "$root"
    folder=$(cd "$root" && echo wasmrun-*)
    cp "$guests/hello.wasm" "$guests/math.wasm" "$root"
    if [ "$machine" = "$(uname -m)" ]; then
      run() { program=$1; shift; chroot "$root" "/$folder/bin/$program" "$@"; }
    else
      command -v qemu-aarch64 >/dev/null || cannot "qemu-aarch64 is not installed"
      run() { program=$1; shift; (cd / && qemu-aarch64 "$root/$folder/bin/$program" "$@"); }
    fi
    run wasmrun --version
    if [ "$machine" = "$(uname -m)" ]; then at=/; else at=$root/; fi
    [ "$(run wasmrun --plain --invoke gcd "${at}math.wasm" 1071 462)" = 21 ]
    [ "$(run wasmrun "${at}hello.wasm" Ada)" = 'Hello, Ada!' ]
    run wasmrun-oci --version
    ;;
  *) echo "$0: no check '$1'" >&2; exit 2 ;;
esac
