"""The shared libraries export what the public headers declare: every function, and nothing else; and
the tests, the examples and the programs call each of them.

usage: exports.py COMPILER BUILD_DIR"""
import pathlib
import re
import subprocess
import sys

compiler, build = sys.argv[1], pathlib.Path(sys.argv[2])
source_dir = pathlib.Path(__file__).resolve().parents[2]
include_dir = source_dir / "runtime" / "include"
libraries = [build / "lib" / f"libwasmrun{part}.so" for part in ("", "-wasi")]
objects = [path for folder in ("tests", "spec-tests", "cli", "wasi") for path in (build / folder).rglob("*.o")]


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


source = run(compiler, "-E", "-P", "-x", "c", "-I", include_dir, "-", text="#include <wasmrun.h>\n")
inline = set(re.findall(r"static inline [^;{}]*?\b((?:wasm|wr)_\w+)\(", source))
declared = set(re.findall(r"\b((?:wasm|wr)_\w+)\(", source)) - inline

exported = set()
for library in libraries:
    for line in run("nm", "-D", "--defined-only", library).splitlines():
        name = line.split()[-1]
        if not name.startswith("_"):  # the compiler's own
            exported.add(name)

called = {line.split()[-1] for line in run("nm", "--undefined-only", *objects).splitlines() if " U " in line}
for example in (source_dir / "examples").rglob("*.c"):
    called.update(re.findall(r"\b(?:wasm|wr)_\w+", example.read_text()))

faults = [f"declared, but not exported: {name}" for name in sorted(declared - exported)] + \
    [f"exported, but not declared: {name}" for name in sorted(exported - declared)] + \
    [f"called by no test and no program: {name}" for name in sorted(declared & exported - called)]
print("\n".join([*faults, f"{len(exported & declared)} functions"]))
sys.exit(bool(faults))
