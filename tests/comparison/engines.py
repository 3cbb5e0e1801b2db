"""Runs a batch in our configurations and in other engines, and says where they differ."""
import os
import pathlib
import re
import shutil
import struct
import subprocess

from comparison.surroundings import LEAST, NEW, OLD

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
EMULATOR = ["qemu-aarch64", "-L", str(ROOT / "build" / "sysroot-aarch64")]
OPTIMIZATIONS = 7
# All is compared with the first. "places" are those of traps, which only code without fusion and
# without versions of loops has exactly.
BASE = "plain,places"
INTERPRETED = ["interp", "explicit", "gc-stress"] + [f"no-{k}" for k in range(OPTIMIZATIONS)]
COMPILED = ["native=0,places", "native=1,places", "native=2", "native=3", "native=s",
            "native=2,explicit", "native=3,lib-only", "native=2,main-only", "jit", "jit,explicit"]
# Native code that asserts what the compiler proved of its accesses.
PROOFS = ["native=2,explicit,proofs", "native=3,proofs"]
PORTABLE = ["interp", "explicit"]
FOREIGN = ["interp", "native=0", "native=2"]
SECONDS = 300


class Failed(Exception):
    """Our programs did not do what they are there for."""


class Driver:
    """A program that runs batches, with its configurations."""

    def __init__(self, name, command, configurations, environment):
        self.name, self.command, self.environment = name, command, environment
        self.configurations = configurations

    def run(self, folder, configurations):
        """The lines of each configuration; None and a word why for what did not come to its end."""
        try:
            done = subprocess.run([*self.command, folder / "lib.wat", folder / "main.wat",
                                   folder / "calls", *configurations], capture_output=True, text=True,
                                  errors="replace", timeout=SECONDS, env=self.environment)
            output, end = done.stdout, f"status {done.returncode} {done.stderr[-2000:]}"
        except subprocess.TimeoutExpired as late:
            output, end = (late.stdout or b"").decode(errors="replace"), f"{SECONDS} s are over"
        found = {}
        for block in output.split("== ")[1:]:
            name, _, text = block.partition("\n")
            lines = text.splitlines()
            if lines and lines[-1] == "-- end":
                found[name] = lines[:-1]
            else:
                found[name] = lines + [f"ended early: {end}"]
        missing = [name for name in configurations if name not in found]
        if missing and missing != list(configurations):
            found.update(self.run(folder, missing))  # what was to come after one that crashed
        for name in missing:
            found.setdefault(name, [f"did not run: {end}"])
        return found


def drivers(build, check_proofs=False):
    """Ours: the build's with either dispatcher, and the one for aarch64, if they are built; or only
    the checking mode of native code."""
    folder = ROOT / "build" / build
    compiler = os.environ.get("WASMRUN_COMPILE") or next(
        (str(path) for path in (folder / "bin" / "wasmrun-compile",
                                ROOT / "build" / "release" / "bin" / "wasmrun-compile")
         if path.exists()), "")
    environment = dict(os.environ, WASMRUN_COMPILE=compiler)
    main = folder / "tests" / "compare_driver"
    if not main.exists():
        raise Failed(f"{main} is not built")
    if check_proofs:
        return [Driver(build, [main], PROOFS, environment)]
    found = [Driver(build, [main], INTERPRETED + (COMPILED + PROOFS if compiler else []), environment)]
    portable = folder / "tests" / "compare_driver_portable"
    if portable.exists():
        found.append(Driver("portable", [portable], PORTABLE, environment))
    foreign = ROOT / "build" / "aarch64" / "tests" / "compare_driver"
    if foreign.exists() and shutil.which(EMULATOR[0]):
        found.append(Driver("aarch64", [*EMULATOR, foreign], FOREIGN[:None if compiler else 1],
                            environment))
    return found


def broken(line):
    """Whether a line says that there are no others, and not what a call gave."""
    return line.startswith(("error: ", "ended early", "did not run"))


def differences(base, lines, with_places):
    """The calls at which these lines differ from the base's: (name, ours, theirs). The name is
    "batch" if the modules could not be run at all."""
    if not with_places:
        base = [re.sub(r" at 0x[0-9a-f]+", "", line) for line in base]
    if base == lines:
        return []
    out, ended = [], len(lines) - 1 if lines and broken(lines[-1]) else None
    for k in range(max(len(base), len(lines))):
        expected = base[k] if k < len(base) else ""
        got = lines[k] if k < len(lines) else ""
        if k == ended:
            started = k > 0 and expected
            return out + [(expected.split(" ")[0] if started else "batch", expected, got)]
        if expected != got:
            out.append(((expected or got).split(" ")[0], expected, got))
    return out


# ---- Other engines

class Other:
    """Another engine: what it knows, and how it runs a script of calls. run gives what it did for
    each call of the batch, as in our lines without places and digests, or a string that says why
    there is nothing."""
    name, features = "", set()

    def run(self, folder, calls):
        raise NotImplementedError


class Node(Other):
    """V8, through a script of ours."""
    name, features = "node", OLD

    def __init__(self, program):
        self.program = program

    def run(self, folder, calls):
        try:
            done = subprocess.run([self.program, HERE / "node.mjs", folder / "lib.wasm",
                                   folder / "main.wasm", folder / "calls"], capture_output=True,
                                  text=True, errors="replace", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"{SECONDS} s are over"
        lines = done.stdout.splitlines()
        if len(lines) == len(calls) + 1:
            return lines[:-1]
        return f"{done.stdout[-500:]}{done.stderr[-2000:]}"


class Script(Other):
    """An engine that reads the scripts of the official suite; what it does is checked by itself."""

    def __init__(self, program):
        self.program = program

    def commands(self, folder):
        raise NotImplementedError

    def mend(self, folder):
        """What has to be done between two commands."""

    def run(self, folder, calls):
        write_script(folder, calls)
        for command in self.commands(folder):
            try:
                done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                      timeout=SECONDS, cwd=folder)
            except subprocess.TimeoutExpired:
                return f"{SECONDS} s are over"
            if done.returncode != 0:
                return done.stdout[-3000:] + done.stderr[-3000:]
            self.mend(folder)
        return [line.split(" | ")[0] for line in calls]


class Wasmtime(Script):
    """wasmtime wast."""
    name, features = "wasmtime", NEW

    def commands(self, folder):
        return [[self.program, "wast", "-W", "all-proposals=y", "-W", "relaxed-simd-deterministic=y",
                 "script.wast"]]


class Wabt(Script):
    """wast2json and spectest-interp."""
    name, features = "wabt", LEAST

    def commands(self, folder):
        tool = shutil.which("wast2json")
        words = ["--enable-threads"]
        return [[tool, *words, "script.wast", "-o", "script.json"],
                [self.program, *words, "script.json"]]

    def mend(self, folder):
        """wast2json 1.0.32 forgets the commas between several results of what traps."""
        path = folder / "script.json"
        path.write_text(path.read_text().replace("}{", "}, {"))


def others(wanted):
    """Those of these names that are on this machine: by PATH, or by a variable."""
    found = []
    for kind, program in ((Node, "node"), (Wasmtime, "wasmtime"), (Wabt, "spectest-interp")):
        if kind.name not in wanted:
            continue
        path = os.environ.get(f"COMPARE_{kind.name.upper()}") or shutil.which(program)
        if path:
            found.append(kind(path))
    return found


def write_script(folder, calls):
    """The batch as a script: one instance, each call with what our interpreter gave."""
    out = [f'(module $lib binary "{escaped(folder / "lib.wasm")}")', '(register "lib" $lib)',
           f'(module $main binary "{escaped(folder / "main.wasm")}")']
    names = (folder / "calls").read_text().split("\n")
    for line, expected in zip(names, calls):
        if line.startswith("digest"):
            out.append(f'(assert_return (invoke "digest") (i64.const 0x{expected.split()[1]}))')
            continue
        name, i0, i1, l0, f0, d0 = line.split()
        invoke = (f'(invoke "{name}" (i32.const 0x{i0}) (i32.const 0x{i1}) (i64.const 0x{l0})'
                  f" (f32.const {float_text(f0, 8)}) (f64.const {float_text(d0, 16)}))")
        if "uncaught exception" in expected:
            out.append(f"(assert_exception {invoke})")
        elif " trap " in expected:
            message = expected.split(" trap ")[1].split(" |")[0]
            # An atomic access may be unaligned and outside: both are right.
            message = "" if message == "unaligned atomic" else message
            out.append(f'(assert_trap {invoke} "{message}")')
        else:
            words = expected.split()
            out.append(f"(assert_return {invoke} (i64.const 0x{words[1]}) (i32.const 0x{words[2]})"
                       f" (i64.const 0x{words[3]}))")
    (folder / "script.wast").write_text("\n".join(out))


def escaped(path):
    return "".join(f"\\{byte:02x}" for byte in path.read_bytes())


def float_text(bits, digits):
    if digits == 8:
        value = struct.unpack(">f", bytes.fromhex(bits.zfill(8)))[0]
    else:
        value = struct.unpack(">d", bytes.fromhex(bits.zfill(16)))[0]
    return "inf" if value == float("inf") else value.hex()


def write_other_calls(folder, text):
    """One instance for all: after each program, its digest is asked for."""
    out, last = [], None
    for line in text.splitlines():
        name = line.split()[0]
        if last not in (None, name):
            out.append("digest")
        out.append(line)
        last = name
    out.append("digest")
    (folder / "calls").write_text("\n".join(out) + "\n")
    return out
