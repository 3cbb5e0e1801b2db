#!/bin/sh
# Configures a build if that is due, and builds: tools/build.sh PRESET [NINJA-ARGUMENT...]. All that
# it says goes to standard error, and is nothing if nothing is to be done.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
build=build/$preset

# A new build, a change of CMakePresets.json, or something that was missing the last time: a package
# that was installed since is used.
is_due() {
  [ ! -f "$build/build.ninja" ] || [ ! -f "$build/configured" ] || [ -s "$build/missing" ] ||
    [ CMakePresets.json -nt "$build/configured" ]
}

configure() {
  mkdir -p "$build"
  before=$(cat "$build/missing" 2>/dev/null) || before=
  if ! cmake --preset "$preset" >"$build/configure.log" 2>&1; then
    cat "$build/configure.log" >&2
    command -v clang-19 >/dev/null || [ "$preset" = gcc ] ||
      echo "$0: clang-19 is not installed; with gcc 12 instead: make run PRESET=gcc" >&2
    exit 1
  fi
  touch "$build/configured"
  if [ "$before" != "$(cat "$build/missing")" ]; then
    sed "s,^,Not built in $build: ," "$build/missing" >&2
  fi
}

if is_due; then configure; fi
[ -d "$build/bin" ] || echo "Building in $build; the first time takes a minute or two" >&2
status=0
ninja --quiet -C "$build" "$@" >"$build/build.log" 2>&1 || status=$?
grep -v '^ninja: no work to do\.$' "$build/build.log" >&2 || :
exit "$status"
