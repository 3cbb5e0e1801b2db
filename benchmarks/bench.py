#!/usr/bin/env python3
"""Builds the benchmark programs, runs them on wasmrun, natively and on every peer that is found, and reports.

  bench.py run [--programs P,...] [--engines E,...] [--rounds N] [--real] [--save NAME]
  bench.py compare A B
  bench.py build
  bench.py compile-time [--programs P,...]
  bench.py cold [--programs P,...] [--engines E,...] [--sizes N,...]
"""

import argparse
import datetime
import json
import os
import platform
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import engines as engines_module  # noqa: E402
from harness import cold, compile_time, measure, programs, report  # noqa: E402


def log(message):
    print(message, file=sys.stderr, flush=True)


def words(text):
    return text.replace(",", " ").split()


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as f:
            name = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), name)
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}"


def result_path(name):
    """A saved run by its name, or any JSON file by its path."""
    return name if os.path.exists(name) else os.path.join(ROOT, "build", "bench", name + ".json")


def write_report(data, name, clock):
    directory = os.path.join(ROOT, "build", "bench")
    os.makedirs(directory, exist_ok=True)
    outputs = {"json": json.dumps(data, indent=1), "txt": report.as_text(data, clock),
               "md": report.as_markdown(data, clock), "svg": report.as_svg(data, clock)}
    for extension, text in outputs.items():
        with open(os.path.join(directory, f"{name}.{extension}"), "w") as f:
            f.write(text)
    return outputs["txt"], os.path.join(directory, name)


def describe(program):
    keys = ("name", "group", "wasm_bytes", "native_bytes", "native_compile_s", "expected")
    return {k: getattr(program, k) for k in keys}


def measure_parts(chosen, patterns, launcher):
    """The parts are measured with a few modules of different kinds, when all programs are asked for."""
    wasmrun = engines_module.find_wasmrun(ROOT)
    if not wasmrun or patterns:
        return []
    modules = sorted({p.wasm for p in chosen if p.group == "real" or p.name in ("containers", "json", "sha256")})
    return measure.run_micro(os.path.dirname(wasmrun), modules, launcher, log)


def run(options):
    directory = os.path.join(ROOT, "build", "programs")
    patterns = words(options.programs)
    chosen = programs.build_all(directory, patterns, log)
    if options.real:
        programs.fetch_real(directory, log)
    chosen += programs.find_real(directory, patterns)
    engines, missing = engines_module.select(ROOT, words(options.engines), options.add)
    for name in missing:
        log(f"engine {name} is not here: left out")
    log("engines: " + ", ".join(e.name for e in engines))
    launcher = measure.Launcher(directory, programs.find_compiler("clang"), options.timeout)
    results = measure.measure(chosen, engines, options.rounds, options.size, directory, launcher, log)
    data = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "rounds": options.rounds,
        "engines": [{"name": e.name, "version": e.version} for e in engines],
        "programs": [describe(p) for p in chosen],
        "results": results,
        "micro": measure_parts(chosen, patterns, launcher),
    }
    text, where = write_report(data, options.save, options.clock + "_s")
    print(text)
    log(f"written: {where}.txt .md .json .svg")
    ours = [cell for row in results.values() for engine, cell in row.items() if engine.startswith("wasmrun")]
    return 1 if any("failure" in cell for cell in ours) else 0


def compare(options):
    runs = []
    for name in (options.a, options.b):
        with open(result_path(name)) as f:
            runs.append(json.load(f))
    print(report.as_comparison(runs[0], runs[1], (options.a, options.b), options.clock + "_s"))
    return 0


def build(options):
    programs.build_all(os.path.join(ROOT, "build", "programs"), words(options.programs), log)
    return 0


def time_compiler(options):
    directory, patterns = os.path.join(ROOT, "build", "programs"), words(options.programs)
    programs.build_all(directory, patterns, log)
    wasmrun = engines_module.find_wasmrun(ROOT)
    compiler = wasmrun and os.path.join(os.path.dirname(os.path.abspath(wasmrun)), "wasmrun-compile")
    if not compiler or not os.path.exists(compiler):
        log("wasmrun-compile is not built")
        return 2
    compile_time.report(compiler, directory, patterns, options.rounds)
    return 0


def time_cold(options):
    """By default short runs and long ones of a few programs of different kinds."""
    directory = os.path.join(ROOT, "build", "programs")
    patterns = words(options.programs)
    chosen = [p for p in programs.build_all(directory, patterns, log) if p.group == "scalar"]
    engines, missing = engines_module.select(ROOT, words(options.engines), [])
    for name in missing:
        log(f"engine {name} is not here: left out")
    sizes = [int(size) for size in words(options.sizes)]
    results = cold.report(chosen, engines, options.rounds, directory, options.timeout, sizes)
    where = os.path.join(ROOT, "build", "bench")
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, "cold.json"), "w") as f:
        json.dump({"machine": machine(), "results": results}, f, indent=1)
    return 0 if results else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="the time that the tables show")
    one = commands.add_parser("run", parents=[common], help="build, run and report")
    one.add_argument("--programs", default="", help="names, * allowed; all unless given")
    one.add_argument("--engines", default="", help="names; all that are found unless given")
    one.add_argument("--add", action="append", default=[], metavar="NAME=COMMAND", help="another engine, by its command")
    one.add_argument("--rounds", type=int, default=5)
    one.add_argument("--size", type=int, default=0, help="given to every program; 0: its own default")
    one.add_argument("--timeout", type=int, default=60, help="seconds for a run")
    one.add_argument("--real", action="store_true", help="get the real modules from npm first")
    one.add_argument("--save", default="latest", help="the name of the run's files in build/bench")
    one.set_defaults(run=run)
    two = commands.add_parser("compare", parents=[common], help="two saved runs, by name or file")
    two.add_argument("a")
    two.add_argument("b")
    two.set_defaults(run=compare)
    three = commands.add_parser("build", help="only build the programs")
    three.add_argument("--programs", default="")
    three.set_defaults(run=build)
    four = commands.add_parser("compile-time", help="what compiling costs, against clang")
    four.add_argument("--programs", default="")
    four.add_argument("--rounds", type=int, default=2)
    four.set_defaults(run=time_compiler)
    five = commands.add_parser("cold", help="wall time from nothing, with empty caches, by length of run")
    five.add_argument("--programs", default="sha256,json,regex,nbody,containers,vm")
    five.add_argument("--engines", default="", help="names; all that are found unless given")
    five.add_argument("--sizes", default="1,10,100", help="given to every program, one after the other")
    five.add_argument("--rounds", type=int, default=3)
    five.add_argument("--timeout", type=int, default=60, help="seconds for a run")
    five.set_defaults(run=time_cold)
    options = parser.parse_args()
    try:
        return options.run(options)
    except (programs.BuildError, FileNotFoundError) as error:
        log(f"bench: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
