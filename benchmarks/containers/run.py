#!/usr/bin/env python3
"""What a wasm container costs over a native one under the same base runtime: the time from `create`
to the program's first output, the processor time of all that happens until then, and resident memory
while it waits.

    benchmarks/containers/run.py [--runs N] [--build build/release] [--base runc]

Both run the same C program, benchmarks/containers/ready.c: as a static native program under the
base runtime alone, and as a module under wasmrun-oci over it. Runs alternate; needs root.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCE = HERE / "ready.c"


def build(folder):
    """The program both ways: (native, module)."""
    native, module = folder / "native", folder / "module.wasm"
    subprocess.run(["clang-19", "-O2", "-static", SOURCE, "-o", native], check=True)
    wasm = ["clang-19", "--target=wasm32-wasi", "--sysroot=/usr"]
    subprocess.run([*wasm, "-O2", "-c", SOURCE, "-o", folder / "module.o"], check=True)
    subprocess.run([*wasm, folder / "module.o", "-o", module], check=True)
    return native, module


def make_bundle(folder, name, program, base):
    bundle = folder / name
    (bundle / "rootfs").mkdir(parents=True)
    shutil.copy(program, bundle / "rootfs" / program.name)
    subprocess.run([base, "spec", "--bundle", bundle], check=True)
    config = json.loads((bundle / "config.json").read_text())
    config["process"] |= {"terminal": False, "args": [f"/{program.name}"]}
    (bundle / "config.json").write_text(json.dumps(config))
    return bundle


class Side:
    def __init__(self, name, runtime, bundle, root):
        self.name, self.bundle, self.id = name, bundle, f"bench-{name}"
        self.runtime = [*runtime, "--root", str(root / f"{name}-root")]
        self.times, self.creates, self.cpu, self.memory = [], [], [], []

    def call(self, *words, **options):
        if subprocess.run([*self.runtime, *words], **options).returncode != 0:
            sys.exit(f"{self.name}: {words[0]} failed")

    def run(self):
        """One container: its time in ms goes to times, its memory in KiB to memory."""
        output, output_end = os.pipe()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        self.call("create", "--bundle", self.bundle, "--pid-file", self.bundle / "pid", self.id,
                  stdin=subprocess.DEVNULL, stdout=output_end)
        created = time.perf_counter()
        self.call("start", self.id)
        got = os.read(output, 100)
        end = time.perf_counter()
        if not got.startswith(b"ready"):
            sys.exit(f"{self.name}: {got.decode(errors='replace')}")
        self.times.append((end - begin) * 1000)
        self.creates.append((created - begin) * 1000)
        self.cpu.append(cpu_between(before, resource.getrusage(resource.RUSAGE_CHILDREN)) +
                        cpu_of((self.bundle / "pid").read_text()))
        self.memory.append(resident((self.bundle / "pid").read_text()))
        self.call("kill", self.id, "KILL")
        os.close(output)
        os.close(output_end)
        while subprocess.run([*self.runtime, "delete", self.id], stderr=subprocess.DEVNULL).returncode:
            time.sleep(0.01)


def cpu_between(before, after):
    """In ms, of the processes that were waited for."""
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def cpu_of(pid):
    """In ms, of a process that runs."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def resident(pid):
    """(resident, of which private) of a process, in KiB."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size = line.split()[:2]
        fields[name.rstrip(":")] = int(size)
    return fields["Rss"], fields["Private_Clean"] + fields["Private_Dirty"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--build", default=ROOT / "build" / "release", type=pathlib.Path)
    parser.add_argument("--base", default="runc")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmrun-bench-"))
    try:
        native, module = build(folder)
        settings = folder / "settings.json"
        settings.write_text(json.dumps({"runtime": options.base}))
        # What is installed is stripped.
        program = folder / "wasmrun-oci"
        subprocess.run(["strip", options.build / "bin" / "wasmrun-oci", "-o", program], check=True)
        runtime = [str(program), "--wasmrun-settings", str(settings)]
        sides = [Side("native", [options.base], make_bundle(folder, "native-bundle", native, options.base), folder),
                 Side("wasm", runtime, make_bundle(folder, "wasm-bundle", module, options.base), folder)]
        for number in range(options.runs + 2):
            for side in sides if number % 2 else reversed(sides):
                side.run()
        report(sides)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(sides):
    for side in sides:
        del side.times[:2], side.creates[:2], side.cpu[:2], side.memory[:2]  # caches were cold
        print(f"{side.name:7} create to output: median {statistics.median(side.times):6.1f} ms, "
              f"minimum {min(side.times):6.1f} (create {statistics.median(side.creates):5.1f}); "
              f"processor {statistics.median(side.cpu):5.1f} ms, minimum {min(side.cpu):5.1f}; "
              f"resident {statistics.median(m[0] for m in side.memory):5.0f} KiB, "
              f"private {statistics.median(m[1] for m in side.memory):5.0f} KiB")
    native, wasm = sides
    ratios = [w / n for n, w in zip(native.times, wasm.times)]
    extra = statistics.median(w[0] for w in wasm.memory) - statistics.median(n[0] for n in native.memory)
    print(f"wasm over native: time {statistics.median(wasm.times) / statistics.median(native.times):.3f} "
          f"of medians, {min(wasm.times) / min(native.times):.3f} of minima, "
          f"{statistics.median(ratios):.3f} median of pairs; processor "
          f"{statistics.median(wasm.cpu) / statistics.median(native.cpu):.3f} of medians, "
          f"{min(wasm.cpu) / min(native.cpu):.3f} of minima; resident {extra:+.0f} KiB")


if __name__ == "__main__":
    main()
