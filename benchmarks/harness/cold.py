"""Wall time from nothing to the result: each run is a first one, with caches that are empty, and programs are given
more and more to do."""

import os
import subprocess
import tempfile
import time

BAR = 40


def run_once(command, directory, timeout):
    """Seconds, or None where the engine fails or takes too long."""
    with tempfile.TemporaryDirectory(prefix="wasmrun-cold-") as home:
        environment = {**os.environ, "HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home}
        start = time.perf_counter()
        try:
            done = subprocess.run(command, cwd=directory, env=environment, timeout=timeout, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return None
        return time.perf_counter() - start if done.returncode == 0 else None


def measure_one(program, size, engines, rounds, directory, timeout):
    """By engine: the best of the rounds, which go from engine to engine in turn."""
    best = {}
    for _ in range(rounds):
        for engine in engines:
            if not engine.can_run(program):
                continue
            command = engine.run_command(program, program.wasm, [str(size)])
            seconds = run_once(command, directory, timeout)
            if seconds is not None:
                best[engine.name] = min(seconds, best.get(engine.name, seconds))
    return best


def chart(row):
    """A bar for each engine, the longest of which is full."""
    longest = max(row.values())
    for name, seconds in sorted(row.items(), key=lambda item: item[1]):
        print(f"  {name:16} {seconds:8.3f} s  {'#' * max(1, round(BAR * seconds / longest))}")


def without_files(engine):
    """The engine as it starts from the module, without what it may have compiled ahead."""
    return not engine.compile_command or engine.name == "wasmtime"


def report(programs, engines, rounds, directory, timeout, sizes):
    """Prints a chart for each program and size, by engines that start from the module; returns what was
    measured."""
    engines = [engine for engine in engines if without_files(engine)]
    results = []
    for program in programs:
        for size in sizes:
            row = measure_one(program, size, engines, rounds, directory, timeout)
            if not row:
                continue
            print(f"{program.name} {size}", flush=True)
            chart(row)
            results.append({"program": program.name, "size": size, "seconds": row})
    return results
