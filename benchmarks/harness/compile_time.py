"""What compiling costs: each program's own source by clang, and the WebAssembly of the same source, without
the C library, by wasmrun-compile; and the code that comes out of both."""

import math
import os
import subprocess
import tempfile

from .programs import COMMON_FLAGS, SOURCES, find_compiler, wanted


def cpu_seconds(command, source=None, output=os.devnull):
    """User and system time of a command that reads source and writes output."""
    before = os.times()
    with open(source or os.devnull, "rb") as given, open(output, "wb") as taken:
        subprocess.run(command, stdin=given, stdout=taken, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def text_bytes(path):
    lines = subprocess.run(["size", "-A", path], capture_output=True, text=True, check=True).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(".text"))


def measure_one(source, wasm_object, compiler, folder, rounds):
    """(clang's seconds at -O3, ours at -O3, clang's text at -O2, ours at -O2)"""
    clang = find_compiler("clang" if source.endswith(".c") else "clang++")
    module, native, image = (os.path.join(folder, name) for name in ("own.wasm", "own.o", "own.image"))
    # Everything of the program is kept, and of the libraries nothing: calls to them are imports.
    subprocess.run([find_compiler("wasm-ld"), "--no-entry", "--allow-undefined", "--export-all", wasm_object,
                    "-o", module], check=True)
    theirs = min(cpu_seconds([clang, *COMMON_FLAGS, "-c", source, "-o", native]) for _ in range(rounds))
    ours = min(cpu_seconds([compiler, "-O3"], module) for _ in range(rounds))
    subprocess.run([clang, *COMMON_FLAGS, "-O2", "-c", source, "-o", native], check=True)
    cpu_seconds([compiler, "-O2"], module, image)
    return theirs, ours, text_bytes(native), text_bytes(image)


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def report(compiler, directory, patterns, rounds):
    """Prints a row for each program whose object is in directory."""
    rows = []
    print(f"{'program':16} {'clang -O3':>10} {'ours -O3':>10} {'ratio':>6} {'text -O2':>9} {'ours -O2':>9} {'ratio':>6}")
    with tempfile.TemporaryDirectory(prefix="wasmrun-bench-") as folder:
        for file in sorted(os.listdir(SOURCES)):
            name, extension = os.path.splitext(file)
            wasm_object = os.path.join(directory, name + ".wasm.o")
            if extension == ".h" or name == "empty" or not wanted(name, patterns) or not os.path.exists(wasm_object):
                continue
            row = measure_one(os.path.join(SOURCES, file), wasm_object, compiler, folder, rounds)
            rows.append(row)
            print(f"{name:16} {row[0]:9.3f}s {row[1]:9.3f}s {row[1] / row[0]:6.2f} {row[2]:9} {row[3]:9} {row[3] / row[2]:6.2f}",
                  flush=True)
    if rows:
        print(f"geometric mean of {len(rows)}: time {mean([r[1] / r[0] for r in rows]):.2f}, "
              f"size {mean([r[3] / r[2] for r in rows]):.2f}")
