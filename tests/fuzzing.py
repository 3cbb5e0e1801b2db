#!/usr/bin/env python3
"""Runs the fuzzers of tests/fuzz.

    tests/fuzzing.py --time SECONDS [--build fuzz] [TARGET...]

Each target gets the same part of the time. It begins with inputs that tests/fuzz/seeds.py writes and
with what was found before (tests/regress/TARGET), and goes on from the corpus of earlier runs in
build/fuzz/corpus. What it finds lies in build/fuzz/found; what is mended goes to tests/regress/TARGET,
where every build tries it again. The last line is `N passed, N failed`.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from result import failed, passed

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGRESS = ROOT / "tests" / "regress"
DICTIONARIES = {"fuzz_text": "text", "fuzz_script": "text", "fuzz_decode": "binary",
                "fuzz_component": "binary", "fuzz_debug": "binary", "fuzz_native": "binary", "fuzz_oci": "json"}
# Calls of WASI are short, and a file of keys is; modules are not.
LONGEST = {"fuzz_wasi": 512, "fuzz_keys": 512, "fuzz_oci": 4096, "fuzz_http1": 1024}
SHORT_SECONDS = 8


def write_seeds(build, folder):
    """What the fuzzers begin with, in this folder."""
    subprocess.run([sys.executable, ROOT / "tests" / "fuzz" / "seeds.py", build / "bin" / "wasmrun",
                    folder], check=True, capture_output=True)


def files_of(target, seeds):
    """Folders of inputs: seeds, and what was found before."""
    return [str(folder) for folder in (seeds / target, REGRESS / target) if folder.is_dir()]


def command_of(program, seeds, seconds):
    words = [str(program), f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=3000",
             "-handle_xfsz=0", "-close_fd_mask=3", "-print_final_stats=1",
             f"-max_len={LONGEST.get(program.name, 65536)}"]
    if program.name in DICTIONARIES:
        words.append(f"-dict={seeds / (DICTIONARIES[program.name] + '.dict')}")
    return words


def run(program, environment, build, seconds, corpus=None, found=None):
    """One target, for so long: a result, and how many inputs it tried."""
    fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="wasmrun-fuzz-", dir=fast) as folder:
        folder = pathlib.Path(folder)
        write_seeds(build, folder / "seeds")
        words = command_of(program, folder / "seeds", seconds)
        words += [f"-artifact_prefix={found}/{program.name}-"] if found else ["-seed=1"]
        # The first folder is the one that grows.
        grows = corpus / program.name if corpus else folder / "corpus"
        grows.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([*words, str(grows), *files_of(program.name, folder / "seeds")], cwd=folder,
                              capture_output=True, text=True, errors="replace",
                              env=dict(environment, TMPDIR=str(folder)))
    runs = re.search(r"stat::number_of_executed_units: *(\d+)", done.stderr)
    name = f"fuzz/{program.name}"
    if done.returncode != 0 or not runs:
        return failed(name, f"status {done.returncode}\n{done.stdout}{done.stderr}"), 0
    return passed(name), int(runs[1])


def replay(program, environment, build):
    """Seeds and what was found once, in a build without libFuzzer."""
    name = f"replay/{program.name}"
    target = program.name.replace("replay_", "fuzz_")
    with tempfile.TemporaryDirectory(prefix="wasmrun-replay-") as folder:
        write_seeds(build, pathlib.Path(folder) / "seeds")
        files = [str(path) for place in files_of(target, pathlib.Path(folder) / "seeds")
                 for path in sorted(pathlib.Path(place).iterdir())]
        if not files:
            return failed(name, "has no inputs")
        done = subprocess.run([program, *files], capture_output=True, text=True, errors="replace",
                              timeout=300, env=dict(environment, TMPDIR=folder))
    if done.returncode != 0:
        return failed(name, f"status {done.returncode}\n{done.stdout}{done.stderr}")
    return passed(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=int, default=600, help="seconds, for all targets together")
    parser.add_argument("--build", default="fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    options = parser.parse_args()
    build = ROOT / "build" / options.build
    programs = [path for path in sorted((build / "tests").glob("fuzz_*"))
                if path.is_file() and (not options.targets or path.name in options.targets)]
    if not programs:
        parser.error(f"no fuzzer in {build / 'tests'}")
    found = build / "found"
    found.mkdir(exist_ok=True)
    bad, seconds = 0, max(1, options.time // len(programs))
    for program in programs:
        result, runs = run(program, os.environ, build, seconds, build / "corpus", found)
        print(f"{program.name}: {runs} runs in {seconds} s, {result.verdict}", flush=True)
        if result.verdict == "failed":
            bad += 1
            print("\n".join(result.detail.splitlines()[-60:]), flush=True)
    print(f"{len(programs) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
