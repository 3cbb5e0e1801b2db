"""The official suites, as they are published: the WASI programs with their JSON specifications,
and the core suite through wasmrun-spectest. Each comes from a folder named by a variable."""
import os
import pathlib
import re
import subprocess

from result import failed, passed, skipped
from wasi import run_http, run_testsuite

# custom-descriptors is a proposal that wasmrun does not have.
SPEC_FLAGS = ["--exclude", "proposals/custom-descriptors", "--quiet", "--jobs", "2"]
# Configurations in which the core suite runs, and in which builds.
SPEC_CONFIGURATIONS = {
    "release": [[], ["--bounds", "explicit"], ["--gc-stress"], ["--round-trip"]],
    "dev": [[]],
}


def jobs(build, environment):
    return wasi_jobs(build, environment) + http_jobs(build, environment) + \
        spec_jobs(build, environment)


# ---- WASI -----------------------------------------------------------------------------

def wasi_jobs(build, environment):
    folder = os.environ.get("WASMRUN_WASI_TESTSUITE")
    if not folder:
        return [("wasi-testsuite", lambda: [skipped("wasi-testsuite",
                                                    "(WASMRUN_WASI_TESTSUITE is not set)")])]
    wasmrun = str(build / "bin" / "wasmrun")
    found = []
    for program in sorted(pathlib.Path(folder).rglob("*.wasm")):
        name = f"wasi-testsuite/{program.relative_to(folder).with_suffix('')}"
        found.append((name, lambda name=name, program=program: [run_wasi(name, wasmrun, program)]))
    return found or [("wasi-testsuite", lambda: [failed("wasi-testsuite", f"nothing in {folder}")])]


def run_wasi(name, wasmrun, program):
    wrong = run_testsuite.run_one(wasmrun, [], program)
    return passed(name) if wrong is None else failed(name, wrong)


def http_jobs(build, environment):
    server = pathlib.Path(environment["GUESTS"]) / "http_server.wasm"
    if not server.exists():
        return [("sockets", lambda: [skipped("sockets", f"({server} is not built)")])]
    return [(f"sockets/{name}", lambda name=name, check=check: [verdict(name, check())])
            for name, check in run_http.checks(str(build / "bin" / "wasmrun"), str(server))]


def verdict(name, wrong):
    return passed(f"sockets/{name}") if wrong is None else failed(f"sockets/{name}", wrong)


# ---- The core suite ---------------------------------------------------------------------

def spec_jobs(build, environment):
    program = build / "bin" / "wasmrun-spectest"
    folder = os.environ.get("WASMRUN_TESTSUITE")
    if not program.exists():
        return []
    if not folder:
        return [("spec", lambda: [skipped("spec", "(WASMRUN_TESTSUITE is not set)")])]
    return [("spec " + " ".join(flags), lambda flags=flags: run_spec(program, folder, flags,
                                                                    environment))
            for flags in SPEC_CONFIGURATIONS.get(build.name, [[]])] + portable_jobs(
                build, folder, environment)


def portable_jobs(build, folder, environment):
    """The interpreter's portable dispatcher, in a program that only tests want and build."""
    if build.name != "release":
        return []
    name = "wasmrun-spectest-portable"

    def run():
        made = subprocess.run(["cmake", "--build", str(build), "--target", name],
                              capture_output=True, text=True, errors="replace")
        if made.returncode != 0:
            return [failed("spec portable", made.stdout + made.stderr)]
        return run_spec(build / "bin" / name, folder, [], environment, "spec portable")

    return [("spec portable", run)]


def run_spec(program, folder, flags, environment, name=None):
    name = name or " ".join(["spec", *flags])
    command = [str(program), *SPEC_FLAGS, *flags, folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=900, env=environment)
    except subprocess.TimeoutExpired:
        return [failed(name, "did not end within 900 s")]
    totals = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", done.stdout, re.M)
    if not totals:
        return [failed(name, f"no totals; status {done.returncode}\n{done.stdout}{done.stderr}")]
    good, bad, left = (int(number or 0) for number in totals[-1])
    results = [passed(name, good)]
    if bad or done.returncode != 0:
        results.append(failed(name, done.stdout + done.stderr, max(bad, 1)))
    if left:
        results.append(skipped(name, "", left))
    return results
