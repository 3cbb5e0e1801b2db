#!/bin/sh
# Shows wasmrun at work: `show.sh WASMRUN FOLDER-OF-MODULES`. Each command is printed as a user
# would type it, then run.
set -eu
wasmrun=$1
modules=$2
here=$(cd "$(dirname "$0")" && pwd)

show() {
  printf '\n$ wasmrun'
  for word in "$@"; do
    case $word in
      *' '*) printf " '%s'" "$word" ;;
      "$modules"/* | "$here"/*.wat) printf ' %s' "${word##*/}" ;;
      "$here"/..::*) printf ' .::%s' "${word##*::}" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$wasmrun" "$@"
}

show --version
if [ -e "$modules/hello.wasm" ]; then
  show --env GREETING=Welcome "$modules/hello.wasm" Ada Grace
  show "$modules/mandelbrot.wasm"
  show --dir "$here/..::/src:ro" "$modules/wordfreq.wasm" /src/README.md
  show --invoke gcd "$modules/math.wasm" 1071 462
else # a build without clang: the examples in C are not there, those in the text format are
  show "$here/greet.wat"
  show --invoke gcd "$here/greet.wat" 1071 462
fi
printf '\nIt works. Yours: make run APP=program.wasm ARGS="..."\n'
