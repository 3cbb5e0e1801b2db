"""The shared libraries export what the public headers declare: every function, and nothing else.

usage: exports.py COMPILER INCLUDE_DIR LIBRARY..."""
import re
import subprocess
import sys

compiler, include_dir, *libraries = sys.argv[1:]


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

for name in sorted(declared - exported):
    print("declared, but not exported:", name)
for name in sorted(exported - declared):
    print("exported, but not declared:", name)
print(len(exported & declared), "functions")
sys.exit(declared != exported)
