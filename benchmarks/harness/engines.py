"""Who runs it: wasmrun in its forms, native code, and the peers that are on the path."""

import glob
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
NODE_SCRIPT = os.path.join(HERE, "node_wasi.mjs")


@dataclass
class Engine:
    """How an engine is started."""

    name: str
    command: list  # up to the module's file
    dir_options: list = None  # that give the guest the current directory, where it does not have it anyway
    compile_command: list = None  # with {input} and {output}: an ahead-of-time step
    version: str = ""
    after_options: list = None  # between the file and the program's arguments

    def run_command(self, program, wasm, arguments):
        directory = (self.dir_options or []) if program.directory else []
        return [*self.command, *directory, wasm, *(self.after_options or []), *arguments]

    def can_run(self, program):
        return True


class Native(Engine):
    def run_command(self, program, wasm, arguments):
        return [program.native, *arguments]

    def can_run(self, program):
        return bool(program.native)


def version_of(path, *arguments):
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else ""


def find_wasmrun(root):
    """WASMRUN, or the newest build of this tree, or the path."""
    if os.environ.get("WASMRUN"):
        return os.environ["WASMRUN"]
    built = [p for pattern in ("build/bin/wasmrun", "build/*/bin/wasmrun", "build/wasmrun")
             for p in glob.glob(os.path.join(root, pattern)) if "dev" not in p.split(os.sep)]
    if built:
        return max(built, key=os.path.getmtime)
    return shutil.which("wasmrun")


def ours(root):
    """The interpreter, and native code where the compiler is built: from a file that was compiled before,
    or, where wasmrun cannot make such files, compiled anew in each run, which is then in the time."""
    path = find_wasmrun(root)
    if not path:
        return []
    version = version_of(path, "--version")
    engines = [Engine("wasmrun", [path, "--engine", "interp"], ["--dir", "."], version=version)]
    if not shutil.which("wasmrun-compile", path=os.path.dirname(os.path.abspath(path))):
        return engines
    engines.append(Engine("wasmrun-auto", [path], ["--dir", "."], version=version))
    makes_files = subprocess.run([path, "compile", "--help"], capture_output=True).returncode == 0
    if makes_files:
        engines.append(Engine("wasmrun-native", [path, "--engine", "native"], ["--dir", "."],
                              [path, "compile", "{input}", "-o", "{output}"], version))
    else:
        engines.append(Engine("wasmrun-compile", [path, "--engine", "compile"], ["--dir", "."], version=version))
    return engines


def wasmedge_options():
    """Later versions interpret what was compiled, unless they are told."""
    path = shutil.which("wasmedge")
    known = subprocess.run([path, "--help"], capture_output=True, text=True).stdout if path else ""
    return ["--run-mode", "aot"] if "--run-mode" in known else []


def peers():
    """Each peer as it is meant to be run: wasmtime, WAMR (wamrc, then iwasm) and WasmEdge ahead of time, WAMR and
    WasmEdge as interpreters too; wasmer and node compile in each run."""
    found = []

    def add(name, options, dir_options=None, compile_command=None, version="--version", executable=None, after=None,
            compiler=None):
        path = shutil.which(executable or name)
        if path:
            steps = [shutil.which(compiler) if compiler else path, *compile_command] if compile_command else None
            found.append(Engine(name, [path, *options], dir_options, steps, version_of(path, version), after))

    add("wasm3", ["--stack-size", "8000000"])
    add("iwasm", ["--stack-size=8000000"], ["--dir=."])
    if shutil.which("wamrc"):
        add("wamr", ["--stack-size=8000000"], ["--dir=."], ["-o", "{output}", "{input}"], executable="iwasm",
            compiler="wamrc")
    add("wasmi", [], ["--dir", "."])
    add("wasmi", [], ["--dir", "."], executable="wasmi_cli")
    add("toywasm", ["--wasi", "--wasi-dir=.", "--"])
    add("wasmedge-interpreter", ["--force-interpreter"], ["--dir", ".:."], executable="wasmedge")
    add("wasmedge", wasmedge_options(), ["--dir", ".:."], ["compile", "{input}", "{output}"])
    add("wasmtime", ["run", "--allow-precompiled"], ["--dir", "."], ["compile", "{input}", "-o", "{output}"])
    add("wasmer", ["run"], ["--volume", ".:."], after=["--"])
    add("node", ["--no-warnings", NODE_SCRIPT], ["--dir", "."])
    unique = {}
    for engine in found:
        unique.setdefault(engine.name, engine)
    return list(unique.values())


def extra(specifications):
    """NAME=COMMAND with spaces: another build of wasmrun, or a peer with other options."""
    engines = []
    for text in specifications:
        name, _, command = text.partition("=")
        words = shlex.split(command)
        words[0] = shutil.which(words[0]) or words[0]
        engines.append(Engine(name, words, ["--dir", "."], version=version_of(words[0], "--version")))
    return engines


def select(root, names, specifications):
    """Native first, then ours, then peers; names (if any) choose among them, in that order."""
    available = [Native("native", []), *ours(root), *extra(specifications), *peers()]
    if not names:
        return available, []
    missing = [n for n in names if n not in [e.name for e in available]]
    return [e for e in available if e.name in names or e.name == "native"], missing
