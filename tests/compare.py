#!/usr/bin/env python3
"""Compares engines on programs made at random.

    tests/compare.py --count 1000 --seed 1

Programs are made from the instruction table (tests/comparison/) and run by the interpreter with and
without each of its optimizations and with both dispatchers, as native code of every level with guard
pages and with explicit checks, for aarch64 under its emulator, and by other engines that are on this
machine (node and wasmtime; COMPARE_NODE and COMPARE_WASMTIME name programs that are not in PATH). Results, traps, memories, tables and globals have to be the same. A seed makes a program, and
`--seed S --count 1` makes it again. A program that differs is made smaller and written to the folder
of --keep. The last line is `N passed, N failed`.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from comparison import engines, reduce, table
from comparison.programs import BATCH, TABLE, Batch

# Rows that no program has, and why.
EXCEPTIONS = {}


class Finding:
    """Programs of a batch that differ: where, and what both said."""

    def __init__(self, seeds, driver, configuration, name, expected, got):
        self.seeds, self.driver, self.configuration = seeds, driver, configuration
        self.name, self.expected, self.got = name, expected, got

    def seed(self):
        return int(self.name[1:]) if self.name[1:].isdigit() else None

    def text(self):
        return (f"{self.name}: {self.driver} {self.configuration}\n"
                f"  expected {self.expected}\n  got      {self.got}")


class Comparison:
    """All that is compared, and the batches so far."""

    def __init__(self, options):
        self.options = options
        self.drivers = engines.drivers(options.build, options.check_proofs)
        if options.drivers:
            self.drivers = [d for d in self.drivers if d.name in options.drivers.split(",")]
        self.others = engines.others(options.others.split(","))
        self.rows = set()

    def write(self, folder, batch, tree=None):
        (folder / "lib.wat").write_text(batch.lib)
        (folder / "main.wat").write_text((tree or batch.main).text())
        (folder / "calls").write_text(batch.calls)

    def configurations_of(self, driver, batch):
        """Collections at every allocation matter only where something is allocated."""
        wanted = self.options.configurations
        return [name for name in driver.configurations
                if (name != "gc-stress" or "GC" in batch.around.features) and
                (not wanted or name in wanted.split(";"))]

    def run(self, seeds):
        """What differs in the batch with these seeds."""
        batch, found = Batch(seeds), []
        with tempfile.TemporaryDirectory(prefix="wasmrun-compare-") as folder:
            folder = pathlib.Path(folder)
            self.write(folder, batch)
            if self.options.coverage:
                self.rows |= table.rows_in([(folder / "main.wat").read_text()], TABLE)
            base = None
            for driver in self.drivers:
                names = self.configurations_of(driver, batch)
                first = [] if base else [engines.BASE]
                lines = driver.run(folder, first + names)
                base = base or lines[engines.BASE]
                if any(engines.broken(line) for line in base):
                    found.append(Finding(seeds, driver.name, engines.BASE, "batch", "an end",
                                         "\n".join(base[-3:])))
                    break
                for name in names:
                    for call, expected, got in engines.differences(base, lines[name],
                                                                   "places" in name):
                        found.append(Finding(seeds, driver.name, name, call, expected, got))
            if not found and self.others:
                found += self.run_others(folder, batch)
        return found

    def run_others(self, folder, batch):
        able = [other for other in self.others if batch.around.features <= other.features]
        if not able:
            return []
        calls = engines.write_other_calls(folder, batch.calls)
        lines = self.drivers[0].run(folder, ["interp,sequential"])["interp,sequential"]
        for name in ("lib", "main"):
            subprocess.run([self.tool(), "wat2wasm", folder / f"{name}.wat", "-o", folder /
                            f"{name}.wasm"], check=True, capture_output=True)
        found = [self.differences_of(other, folder, batch, calls, lines) for other in able]
        if [] in found and any(found):
            # One that says what we say is enough: then it is the other that is wrong.
            names = ", ".join(other.name for other, wrong in zip(able, found) if wrong)
            print(f"batch of p{batch.seeds[0]}: {names} alone differs from the others", flush=True)
            return []
        return sum(found, [])

    def differences_of(self, other, folder, batch, calls, lines):
        got = other.run(folder, lines)
        if isinstance(got, str):
            return [Finding(batch.seeds, other.name, "", "batch", "no complaint", got)]
        return [Finding(batch.seeds, other.name, "", call.split()[0], expected, line)
                for call, expected, line in zip(calls, lines, got) if not alike(expected, line)]

    def tool(self):
        return engines.ROOT / "build" / self.options.build / "bin" / "wasmrun"

    # ---- What to do with what was found

    def fails(self, batch, finding):
        """A function that says if a tree still shows what was found."""
        driver = next((d for d in self.drivers if d.name == finding.driver), None)
        if driver is None:
            return None
        base_driver = self.drivers[0]

        def check(tree):
            with tempfile.TemporaryDirectory(prefix="wasmrun-reduce-") as folder:
                folder = pathlib.Path(folder)
                self.write(folder, batch, tree)
                base = base_driver.run(folder, [engines.BASE])[engines.BASE]
                if any(engines.broken(line) or line.startswith("start ") for line in base) or \
                        all("not exported" in line for line in base):
                    return False
                lines = driver.run(folder, [finding.configuration])[finding.configuration]
                if lines and lines[-1].startswith("error: ") and "malformed" in lines[-1]:
                    return False
                return bool(engines.differences(base, lines, "places" in finding.configuration))
        return check

    def keep(self, finding):
        """Writes the program, as small as it gets."""
        seed = finding.seed()
        batch = Batch([seed] if seed is not None else finding.seeds)
        folder = pathlib.Path(self.options.keep)
        check = self.fails(batch, finding)
        if check and not check(batch.main):
            batch = Batch(finding.seeds)
            if not check(batch.main):
                check = None
        name = folder / f"{finding.name}-{pathlib.Path(finding.driver).name}-" \
                        f"{finding.configuration.replace('=', '').replace(',', '-') or 'x'}"
        name.mkdir(parents=True, exist_ok=True)
        self.write(name, batch)
        if check and not self.options.no_reduce:
            smallest = reduce.reduce(batch.main, check, self.options.tries)
            self.write(name, batch, smallest)
            (name / "finding.txt").write_text(finding.text() + "\n")
            if smallest.text().count("\n") < 80:
                print((name / "main.wat").read_text(), flush=True)
        print(f"{name}/main.wat: {finding.driver} {finding.configuration} "
              f"(LIB MAIN CALLS of tests/comparison/driver.c)", flush=True)


def alike(expected, got):
    """Our line and another engine's."""
    expected = expected.split(" | ")[0]
    if " trap " not in expected or " trap " not in got:
        return expected == got
    ours, theirs = expected.split(" trap ")[1], got.split(" trap ")[1]
    if theirs == "conversion":
        return ours in ("integer overflow", "invalid conversion to integer")
    if theirs == "indirect call":
        return ours in ("indirect call type mismatch", "uninitialized element", "undefined element")
    if ours == "unaligned atomic":
        return theirs in (ours, "out of bounds memory access")
    if theirs == "out of bounds table access":
        return ours in (theirs, "undefined element")
    return ours.startswith(theirs) or theirs == "null reference" and "null" in ours


def seeds_of(first, count):
    """The seeds, batch by batch."""
    out, seed = [], first
    while seed < first + count:
        end = min((seed // BATCH + 1) * BATCH, first + count)
        out.append(list(range(seed, end)))
        seed = end
    return out


def missing_rows(rows):
    return sorted({row.name for row in TABLE} - rows - set(EXCEPTIONS))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=240, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--build", default="release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--drivers", help="only these of ours: release,portable,aarch64")
    parser.add_argument("--configurations", help="only these, with semicolons between")
    parser.add_argument("--others", default="node,wasmtime",
                        help="which other engines; wabt too, whose interpreter has faults of its own")
    parser.add_argument("--no-reduce", action="store_true")
    parser.add_argument("--tries", type=int, default=3000, help="of the reducer")
    parser.add_argument("--keep", default="compare-found", help="folder for what differs")
    parser.add_argument("--coverage", action="store_true",
                        help="fail where a row of the instruction table is in no program")
    parser.add_argument("--check-proofs", action="store_true",
                        help="native code that checks what the compiler claims")
    return parser.parse_args()


def main():
    options = read_options()
    try:
        comparison = Comparison(options)
    except engines.Failed as wrong:
        print(f"{wrong}\n0 passed, 1 failed")
        return 1
    print("comparing:", ", ".join([d.name for d in comparison.drivers] +
                                  [o.name for o in comparison.others]), flush=True)
    batches, failed, findings, start = seeds_of(options.seed, options.count), 0, [], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, found in enumerate(pool.map(comparison.run, batches)):
            bad = {finding.name for finding in found}
            failed += len(batches[number]) if "batch" in bad else len(bad)
            for name in sorted(bad):
                first = next(finding for finding in found if finding.name == name)
                places = sorted({f"{f.driver} {f.configuration}" for f in found if f.name == name})
                print(f"{first.text()}\n  in: {'; '.join(places)}", flush=True)
                findings.append(first)
            if number % 100 == 99:
                print(f"{sum(map(len, batches[:number + 1]))} programs, {failed} failed, "
                      f"{time.monotonic() - start:.0f} s", flush=True)
    for finding in findings[:10]:
        comparison.keep(finding)
    if options.coverage:
        for name in missing_rows(comparison.rows):
            print(f"no program has {name}")
            failed += 1
    print(f"{options.count - min(failed, options.count)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
