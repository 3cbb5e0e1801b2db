#!/bin/sh
# Makes the packages of a build in build/packages:
#   tools/package.sh deb PRESET ARCHITECTURE [COMPILER]   a .deb; COMPILER is a wasmrun-compile of
#                                                         another build
#   tools/package.sh tar PRESET MACHINE                   an archive with programs that need nothing
set -eu
cd "$(dirname "$0")/.."
action=$1 preset=$2 machine=$3
out=build/packages
version=$(sed -n 's/^project(wasmrun VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
work=build/$preset/package
trap 'rm -rf "$work"' EXIT
umask 022
mkdir -p "$out"

# The Debian packages of the libraries that the files need. One that is not listed here is a failure.
depends() {
  readelf -dW "$@" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u |
    while read -r library; do
      case $library in
        libc.so.6 | libm.so.6 | ld-linux-*) ;;
        libffi.so.8) echo 'libffi8 (>= 3.4)' ;;
        libsodium.so.23) echo 'libsodium23 (>= 1.0.18)' ;;
        libcares.so.2) echo 'libc-ares2 (>= 1.18)' ;;
        libuv.so.1) echo 'libuv1 (>= 1.44)' ;;
        libnghttp2.so.14) echo 'libnghttp2-14 (>= 1.52)' ;;
        libssl.so.3 | libcrypto.so.3) echo 'libssl3 (>= 3.0)' ;;
        libLLVM.so.19.*) echo libllvm19 ;;
        libwasmrun.so.* | libwasmrun-wasi.so.*) ;;
        *) echo "$0: no Debian package is known for $library" >&2; exit 1 ;;
      esac
    done
}

libc_version() {
  readelf -VW "$@" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -1
}

case $action in
  deb)
    tools/install.sh stage "$preset" "$work" /usr
    [ -z "${4:-}" ] || { cp "$4" "$work/usr/bin/" && llvm-strip-19 "$work/usr/bin/wasmrun-compile"; }
    gzip -9n "$work"/usr/share/man/man1/*.1
    files=$(find "$work/usr/bin" "$work/usr/lib" -type f ! -name '*.a' ! -name '*.pc')
    # The words are files.
    # shellcheck disable=SC2086
    list=$(depends $files)
    # shellcheck disable=SC2086
    needs=$( (echo "libc6 (>= $(libc_version $files))"; echo "$list") | sed '/^$/d' | paste -sd, | sed 's/,/, /g')
    mkdir "$work/DEBIAN"
    cat >"$work/DEBIAN/control" <<END
Package: wasmrun
Version: $version
Architecture: $machine
Maintainer: The wasmrun authors <wasmrun@localhost>
Installed-Size: $(du -sk "$work/usr" | cut -f1)
Depends: $needs
Recommends: runc | crun
Section: devel
Priority: optional
Description: WebAssembly runtime
 Runs WebAssembly programs outside the browser: an interpreter, an ahead-of-time
 compiler, WASI preview 1, an HTTP server, an OCI runtime for containers, and a C
 library with its headers.
END
    printf 'activate-noawait ldconfig\n' >"$work/DEBIAN/triggers"
    dpkg-deb --root-owner-group -Zxz --build "$work" "$out/wasmrun_${version}_$machine.deb" >/dev/null
    echo "$out/wasmrun_${version}_$machine.deb"
    ;;
  tar)
    name=wasmrun-$version-linux-$machine
    tools/install.sh stage "$preset" "$work" "/$name"
    rm -f "$work/$name"/lib/*.so* # programs that need nothing, and archives to link with
    for program in wasmrun wasmrun-oci; do
      [ -z "$(readelf -dW "$work/$name/bin/$program" | grep NEEDED)" ] ||
        { echo "$0: $program of $preset needs libraries" >&2; exit 1; }
    done
    tar -C "$work" --owner=0 --group=0 --sort=name -czf "$out/$name.tar.gz" "$name"
    echo "$out/$name.tar.gz"
    ;;
  *) echo "$0: no action '$action'" >&2; exit 2 ;;
esac
