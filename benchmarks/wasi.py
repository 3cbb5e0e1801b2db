#!/usr/bin/env python3
"""What WASI costs beside the same code compiled natively: calls, a large file, an HTTP server.

    benchmarks/wasi.py [--rounds N] [--wasmrun PATH] [--engines interp,compile] [calls|copy|http ...]

Times are of the processor, user and system, of the whole process without its start; rounds are
interleaved and the least counts. The server is measured by wrk (-t1 -c64 -d5): requests in a
second, and the server's processor time for one. Files lie in --folder (default: /dev/shm, so that
no disk is measured).
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from harness import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOCKETS = ROOT / "examples" / "sockets"
TICKS = os.sysconf("SC_CLK_TCK")
CALLS = {"write1": 1000000, "seek": 1000000, "clock": 1000000}
GIB_BLOCKS = 16384


def build(folder):
    """calls and http_server, natively and for WebAssembly."""
    calls = [ROOT / "benchmarks" / "wasi" / "calls.c"]
    server = [SOCKETS / "http_server.c", SOCKETS / "http_request.c"]
    for name, sources, native, guest in (
            ("calls", calls, [], []),
            ("http_server", server, [SOCKETS / "sockets_posix.c"], [SOCKETS / "sockets_wasi.c"])):
        subprocess.run(["clang-19", "-O2", *sources, *native, "-o", folder / name], check=True)
        objects = []
        for source in sources + guest: # no -O at linking: it would call wasm-opt where that is
            objects.append(folder / f"{source.stem}.o")
            subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-c", source, "-o",
                            objects[-1]], check=True)
        subprocess.run(["clang-19", "--target=wasm32-wasi", *objects, "-o",
                        folder / f"{name}.wasm"], check=True)


class Way:
    """A way to run a program: natively, or on an engine."""

    def __init__(self, name, folder, wasmrun=None):
        self.name, self.folder, self.wasmrun = name, folder, wasmrun

    def command(self, program, options, arguments):
        if self.wasmrun is None:
            return [str(self.folder / program), *arguments]
        return [*self.wasmrun, *options, str(self.folder / f"{program}.wasm"), *arguments]


def least_cpu(launcher, ways, commands, rounds):
    """For each way the least processor time of the command, without that of its start."""
    best = {}
    for number in range(rounds):
        for way in ways[number % len(ways):] + ways[:number % len(ways)]:
            for kind, command in commands(way).items():
                done = launcher.run(command)
                if done["status"] != 0:
                    sys.exit(f"{command}: status {done['status']}\n{done['errors']}")
                key = way.name, kind
                best[key] = min(best.get(key, 1e9), done["cpu_s"])
    return {way.name: best[way.name, "work"] - best[way.name, "start"] for way in ways}


def measure_calls(launcher, ways, what, count, place, rounds):
    file = [] if what == "clock" else [str(place / "calls.bin")]

    def commands(way):
        options = ["--dir", str(place)]
        return {kind: way.command("calls", options, [what, str(n), *file])
                for kind, n in (("work", count), ("start", 0))}
    return least_cpu(launcher, ways, commands, rounds)


def print_calls(launcher, ways, place, rounds):
    print(f"{'call':10}" + "".join(f"{way.name:>28}" for way in ways) + "   nanoseconds")
    for what, count in CALLS.items():
        cpu = measure_calls(launcher, ways, what, count, place, rounds)
        print_row(what, {name: seconds / count * 1e9 for name, seconds in cpu.items()}, ways)


def print_copy(launcher, ways, place, rounds):
    print(f"{'1 GiB':10}" + "".join(f"{way.name:>28}" for way in ways) + "   seconds")
    print_row("copy", measure_calls(launcher, ways, "copy", GIB_BLOCKS, place, rounds), ways)


def print_row(name, values, ways):
    native = values["native"]
    cells = [f"{values[way.name]:.5g}" + ("" if way.name == "native" else
             f" (+{values[way.name] - native:.4g}, {values[way.name] / native:.3f}x)")
             for way in ways]
    print(f"{name:10}" + "".join(f"{cell:>28}" for cell in cells), flush=True)


# ---- HTTP -----------------------------------------------------------------------------

def cpu_of(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def serve_once(way):
    """(requests in a second, processor microseconds of one), with 64 connections for 5 seconds."""
    command = way.command("http_server", ["--net", "listen=127.0.0.1:*"], ["127.0.0.1", "0"])
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = "127.0.0.1:" + re.search(r"port (\d+)", server.stdout.readline()).group(1)
        before = cpu_of(server)
        done = subprocess.run(["wrk", "-t1", "-c64", "-d5", f"http://{address}/"],
                              capture_output=True, text=True, check=True)
        used = cpu_of(server) - before
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"{way.name}: {done.stdout}")
    total = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    return float(re.search(r"Requests/sec: *([\d.]+)", done.stdout).group(1)), used / total * 1e6


def print_http(ways, rounds):
    if not shutil.which("wrk"):
        print("http: needs wrk (Debian: wrk)")
        return
    best = {way.name: (0.0, 1e9) for way in ways}
    for number in range(rounds):
        for way in ways[number % len(ways):] + ways[:number % len(ways)]:
            rate, cost = serve_once(way)
            best[way.name] = max(best[way.name][0], rate), min(best[way.name][1], cost)
            time.sleep(0.2)
    print(f"{'HTTP':10}{'requests/s':>14}{'of native':>11}{'us CPU each':>14}{'of native':>11}")
    for name, (rate, cost) in best.items():
        print(f"{name:10}{rate:14.0f}{rate / best['native'][0]:11.2f}{cost:14.2f}"
              f"{cost / best['native'][1]:11.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=[], metavar="calls|copy|http")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wasmrun", default=str(ROOT / "build" / "release" / "bin" / "wasmrun"))
    parser.add_argument("--engines", default="interp")
    parser.add_argument("--folder", default="/dev/shm")
    options = parser.parse_args()
    wanted = options.what or ["calls", "copy", "http"]
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="wasmrun-bench-") as folder:
        folder = pathlib.Path(folder)
        build(folder)
        launcher = measure.Launcher(str(folder), "clang-19", 300)
        ways = [Way("native", folder)] + [
            Way(engine, folder, [options.wasmrun, "--engine", engine])
            for engine in options.engines.split(",")]
        if "calls" in wanted:
            print_calls(launcher, ways, folder, options.rounds)
        if "copy" in wanted:
            print_copy(launcher, ways, folder, min(options.rounds, 3))
        if "http" in wanted:
            print_http(ways, min(options.rounds, 3))


if __name__ == "__main__":
    main()
