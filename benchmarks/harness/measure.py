"""Measurement: every engine on every program, interleaved, so that a slow minute of the machine hits all alike."""

import math
import os
import statistics
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
STARTUP_RUNS = 15
COMPILE_TIMEOUT_S = 600
SLOW_S = 4.0  # a run longer than this is repeated once only


class Launcher:
    """Starts commands through the small process that reports what they used."""

    def __init__(self, directory, compiler, timeout_s):
        self.path = os.path.join(directory, "launch")
        self.timeout_s = timeout_s
        source = os.path.join(HERE, "launch.c")
        if not os.path.exists(self.path) or os.path.getmtime(self.path) < os.path.getmtime(source):
            subprocess.run([compiler, "-O1", "-static", source, "-o", self.path], check=True)
        self.scratch = tempfile.TemporaryDirectory(prefix="wasmrun-bench-")
        self.out = os.path.join(self.scratch.name, "out")
        self.err = os.path.join(self.scratch.name, "err")

    def run(self, command, directory=None, timeout_s=None):
        """One run: a dict of wall_s, cpu_s, peak_kib, status, and the first of its outputs."""
        done = subprocess.run([self.path, str(timeout_s or self.timeout_s), self.out, self.err, *command],
                              capture_output=True, text=True, cwd=directory or None)
        wall, user, system, peak, status = (int(x) for x in done.stdout.split())
        with open(self.out, errors="replace") as f:
            output = f.read(1 << 20)
        with open(self.err, errors="replace") as f:
            errors = f.read(400)
        return {"wall_s": wall / 1e9, "cpu_s": (user + system) / 1e6, "peak_kib": peak, "status": status,
                "output": output, "errors": errors}


def failure_of(program, run):
    """Why a run does not count, or an empty string."""
    if run["status"] == 124:
        return "timeout"
    if run["status"] != 0:
        detail = run["errors"].strip().splitlines()
        if program.expected and run["status"] == 1 and not detail:
            return "wrong result: " + run["output"].strip()
        return f"exit {run['status']}" + (": " + detail[-1][:120] if detail else "")
    if program.expected and run["output"].strip() != program.expected:
        return "wrong output"
    if program.output_has and program.output_has not in run["output"]:
        return "wrong output"
    return ""


def compile_ahead(engine, program, directory, launcher, done):
    """Runs the engine's ahead-of-time step; returns the file to run and a dict of what it took. `done` has what
    was compiled before: some programs are one module with other arguments."""
    if not engine.compile_command:
        return program.wasm, None
    key = engine.name, program.wasm
    if key not in done:
        done[key] = compile_module(engine, program, directory, launcher)
    return done[key]


def compile_module(engine, program, directory, launcher):
    name = os.path.splitext(os.path.basename(program.wasm))[0]
    output = os.path.join(directory, f"{name}.{engine.name}.wasm")
    command = [w.format(input=program.wasm, output=output) for w in engine.compile_command]
    run = launcher.run(command, timeout_s=COMPILE_TIMEOUT_S)
    if run["status"] != 0:
        return None, {"failure": f"compile: exit {run['status']} {run['errors'].strip()[-120:]}"}
    return output, {"wall_s": run["wall_s"], "cpu_s": run["cpu_s"], "peak_kib": run["peak_kib"],
                    "bytes": os.path.getsize(output)}


def learn_expected(programs, size, launcher):
    """The native build's checksum is what every engine must print."""
    for program in programs:
        if program.native and program.group != "startup":
            run = launcher.run([program.native, str(size)])
            if run["status"] != 0:
                raise RuntimeError(f"{program.name}: the native build failed its own check, exit {run['status']}")
            program.expected = run["output"].strip()


class Cell:
    """All runs of one program on one engine."""

    def __init__(self, engine, program, directory, launcher, done):
        self.engine, self.program = engine, program
        self.runs, self.failure = [], ""
        self.wasm, self.compiled = compile_ahead(engine, program, directory, launcher, done)
        if self.wasm is None:
            self.failure = self.compiled["failure"]

    def run_once(self, launcher, size):
        if self.failure or (len(self.runs) >= 2 and self.runs[0]["wall_s"] > SLOW_S):
            return
        run = launcher.run(self.engine.run_command(self.program, self.wasm, self.program.arguments(size)),
                           self.program.directory)
        self.failure = failure_of(self.program, run)
        if not self.failure:
            self.runs.append({k: run[k] for k in ("wall_s", "cpu_s", "peak_kib")})

    def result(self):
        if self.failure or not self.runs:
            return {"failure": self.failure or "not run"}
        row = {"runs": len(self.runs), "peak_kib": max(r["peak_kib"] for r in self.runs)}
        for clock in ("wall_s", "cpu_s"):
            values = sorted(r[clock] for r in self.runs)
            row[clock] = statistics.median(values)
            row[clock.replace("_s", "_spread")] = (values[-1] - values[0]) / row[clock] if row[clock] else 0.0
            row[clock.replace("_s", "_all_s")] = [round(v, 5) for v in values]
        if self.compiled:
            row["compile"] = self.compiled
        return row


def measure(programs, engines, rounds, size, directory, launcher, log):
    """Returns {program: {engine: result}}."""
    learn_expected(programs, size, launcher)
    done = {}
    cells = [[Cell(e, p, directory, launcher, done) for e in engines if e.can_run(p)] for p in programs]
    for r in range(rounds):
        for row in cells:
            if row and row[0].program.group != "startup":
                for cell in row[r % len(row):] + row[:r % len(row)]:
                    cell.run_once(launcher, size)
        log(f"round {r + 1} of {rounds} done")
    for row in cells:
        if row and row[0].program.group == "startup":
            for _ in range(STARTUP_RUNS):
                for cell in row:
                    cell.run_once(launcher, size)
    for row in cells:
        for cell in row:
            if cell.failure:
                log(f"FAILED {cell.engine.name} {cell.program.name}: {cell.failure}")
    return {row[0].program.name: {c.engine.name: c.result() for c in row} for row in cells if row}


def run_micro(wasmrun_directory, modules, launcher, log):
    """Programs named bench_* beside wasmrun measure parts: given modules, they print lines of `name value unit`."""
    results = []
    if not wasmrun_directory:
        return results
    for file in sorted(os.listdir(wasmrun_directory)):
        if not file.startswith("bench_"):
            continue
        run = launcher.run([os.path.join(wasmrun_directory, file), *modules])
        if run["status"] != 0:
            log(f"FAILED {file}: exit {run['status']}")
        for line in run["output"].splitlines():
            words = line.split()
            if len(words) == 3:
                results.append({"name": words[0], "value": float(words[1]), "unit": words[2]})
    return results


def geometric_mean(values):
    values = list(values)
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else None
