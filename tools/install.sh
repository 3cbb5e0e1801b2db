#!/bin/sh
# Installs a build, or removes what was installed:
#   tools/install.sh stage PRESET FOLDER PREFIX    prepares the files in FOLDER, without rights
#   tools/install.sh install FOLDER PREFIX         copies them to $DESTDIR/
#   tools/install.sh uninstall PREFIX
# Preparing is for the owner of the tree and copying for root, so that `sudo make install` leaves
# nothing of root's in the tree. PREFIX/share/doc/wasmrun/installed lists what there is to remove.
set -eu
action=$1
shift

# In the cache of the loader, or with a note that it is not.
tell_loader() {
  [ -z "${DESTDIR:-}" ] || return 0
  if [ "$(id -u)" = 0 ]; then PATH=$PATH:/sbin:/usr/sbin ldconfig || return 0; fi
  [ "$1" = install ] || return 0
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -qF "$2/libwasmrun.so" ||
    echo "The loader does not look into $2: programs that use the library need LD_LIBRARY_PATH=$2"
}

remove_listed() {
  while read -r file; do rm -f "${DESTDIR:-}$file"; done
}

case $action in
  stage)
    preset=$1 folder=$2 prefix=$3
    rm -rf "$folder"
    mkdir -p "$folder"
    DESTDIR=$(cd "$folder" && pwd) cmake --install "build/$preset" --strip --prefix "$prefix" \
      >"build/$preset/install.log" || { cat "build/$preset/install.log" >&2; exit 1; }
    ;;
  install)
    folder=$1 prefix=$2
    list=$prefix/share/doc/wasmrun/installed
    umask 022
    mkdir -p "${DESTDIR:-}$prefix" 2>/dev/null && [ -w "${DESTDIR:-}$prefix" ] || {
      echo "$prefix cannot be written; as root: sudo make install, or: make install PREFIX=~/.local" >&2
      exit 1
    }
    if [ -e "${DESTDIR:-}$list" ]; then remove_listed <"${DESTDIR:-}$list"; fi
    (cd "$folder" && find . ! -type d | sed 's,^\.,,' | sort) >"$folder.list"
    while read -r file; do
      mkdir -p "$(dirname "${DESTDIR:-}$file")"
      cp -P --remove-destination "$folder$file" "${DESTDIR:-}$file"
    done <"$folder.list"
    { cat "$folder.list"; echo "$list"; } >"${DESTDIR:-}$list"
    rm -rf "$folder" "$folder.list"
    echo "Installed in ${DESTDIR:-}$prefix; make uninstall PREFIX=$prefix removes it"
    tell_loader install "$prefix/lib"
    ;;
  uninstall)
    prefix=$1
    list=${DESTDIR:-}$prefix/share/doc/wasmrun/installed
    [ -e "$list" ] || { echo "wasmrun is not installed in $prefix: there is no $list" >&2; exit 1; }
    files=$(cat "$list")
    printf '%s\n' "$files" | remove_listed
    rmdir "$(dirname "$list")" 2>/dev/null || :
    tell_loader uninstall "$prefix/lib"
    ;;
  *) echo "$0: no action '$action'" >&2; exit 2 ;;
esac
