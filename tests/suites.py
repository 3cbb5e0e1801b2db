"""What is tested of a build as a whole. The official suites, as they are published: the WASI programs
with their JSON specifications, and the core suite through wasmrun-spectest, each from a folder named
by a variable; containers; the interpreter's handlers as machine code."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import differential
import handlers
from containers import bundles, containerd, podman, runc
from containers.world import run_checks
from result import failed, missing, passed, skipped
import serve
from wasi import run_components, run_http, run_http_client, run_testsuite

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORTABLE_LOCK = threading.Lock()
# custom-descriptors is a proposal that wasmrun does not have.
SPEC_FLAGS = ["--exclude", "proposals/custom-descriptors", "--quiet", "--jobs", "2"]
# Native code, in memory and through signed files. A script's time includes its compilations.
NATIVE = ["--timeout", "600", "--engine"]
# Configurations in which the core suite runs, by build; "portable" is the interpreter's portable
# dispatcher, in a program that only tests want and build. aarch64 runs under its emulator.
SPEC_CONFIGURATIONS = {
    "release": [[], ["--bounds", "explicit"], ["--gc-stress"], ["--plain"], ["--round-trip"],
                ["portable"], ["portable", "--bounds", "explicit"], NATIVE + ["compile", "--level", "0"],
                NATIVE + ["jit"], NATIVE + ["native", "--level", "2"],
                NATIVE + ["compile", "--level", "2", "--bounds", "explicit", "--check-proofs"]],
    "dev": [[], ["--bounds", "explicit"], ["--gc-stress"], ["portable"]],
    "aarch64": [[], ["--bounds", "explicit"]],
    "tsan": [[]],
}
# Native code of another processor, made by the compiler of the release build: scripts of every kind.
FOREIGN_SAMPLE = """address align atomic br_table bulk call_indirect conversions endianness f32 f64 fac
    float_exprs i32 i64 memory_copy memory_fill memory_grow memory_trap memory_trap64 return_call
    return_call_indirect simd_address simd_conversions simd_f32x4_arith simd_i8x16_arith simd_lane simd_load
    simd_splat simd_store table_get traps try_table unwind array struct ref_test br_on_cast i31
    wide-arithmetic throw_ref""".split()
# The parts of the core suite for builds that do not run all.
SPEC_FOLDERS = {"tsan": ["proposals/threads"]}


def jobs(name, programs, environment):
    """For the build of this name, whose programs are in this folder."""
    if name == "fuzz":
        return []
    if name == "tsan":
        return spec_jobs(name, programs, environment)
    return wasi_jobs(programs, environment) + http_jobs(programs, environment) + \
        serve_jobs(programs, environment) + component_jobs(programs) + \
        http_client_jobs(programs) + \
        spec_jobs(name, programs, environment) + component_spec_jobs(name, programs, environment) + \
        wabt_jobs(name, programs) + \
        container_jobs(name, programs, environment) + handler_jobs(name) + \
        compare_jobs(name, environment)


# ---- Handlers ---------------------------------------------------------------------------

def handler_jobs(build):
    """Of the builds that are shipped. gcc is known to save registers in some, and must but jump."""
    if build not in ("release", "gcc", "aarch64"):
        return []

    def run():
        wrong = handlers.check(ROOT / "build" / build / "bin" / "wasmrun", build != "gcc")
        return [passed("handlers") if wrong is None else failed("handlers", wrong)]

    return [("handlers", run)]


# ---- WASI -----------------------------------------------------------------------------

def wasi_jobs(programs, environment):
    folder = suite_folder("WASMRUN_WASI_TESTSUITE", "wasi-testsuite")
    if not folder:
        return [("wasi-testsuite", lambda: [without_suite("wasi-testsuite", "wasi-testsuite")])]
    wasmrun = str(programs / "wasmrun")
    found = []
    for program in sorted(pathlib.Path(folder).rglob("wasm32-wasip1/*.wasm")):
        name = f"wasi-testsuite/{program.relative_to(folder).with_suffix('')}"
        found.append((name, lambda name=name, program=program: [run_wasi(name, wasmrun, program)]))
    return found or [("wasi-testsuite", lambda: [failed("wasi-testsuite", f"nothing in {folder}")])]


def component_jobs(programs):
    """The same programs as components, and components of other toolchains."""
    folder = os.environ.get("WASMRUN_COMPONENTS")
    testsuite = suite_folder("WASMRUN_WASI_TESTSUITE", "wasi-testsuite")
    if not folder or not testsuite:
        return [("components", lambda: [skipped("components", "WASMRUN_COMPONENTS names no folder")])]
    found = run_components.jobs(str(programs / "wasmrun"), [], pathlib.Path(folder),
                                pathlib.Path(testsuite))
    return [(f"components/{name}", lambda name=name, check=check: [judge(f"components/{name}", check())])
            for name, check in found]


def http_client_jobs(programs):
    if programs.name == "emulated":
        return [("http-client", lambda: [skipped("http-client/*", "the emulator's root has no libcurl")])]
    client = ROOT / "build" / "npm" / "rust" / "http_client.wasm"
    if not client.exists():
        return [("http-client", lambda: [missing("http-client", client)])]
    return [(f"http-client/{name}",
             lambda name=name, check=check: [judge(f"http-client/{name}", check())])
            for name, check in run_http_client.checks(str(programs / "wasmrun"), str(client))]


def judge(name, wrong):
    return passed(name) if wrong is None else failed(name, wrong)


def run_wasi(name, wasmrun, program):
    wrong = run_testsuite.run_one(wasmrun, [], program)
    return passed(name) if wrong is None else failed(name, wrong)


def http_jobs(programs, environment):
    server = pathlib.Path(environment["GUESTS"]) / "http_server.wasm"
    if not server.exists():
        return [("sockets", lambda: [missing("sockets", server)])]
    return [(f"sockets/{name}", lambda name=name, check=check: [verdict(name, check())])
            for name, check in run_http.checks(str(programs / "wasmrun"), str(server))]


def serve_jobs(programs, environment):
    guest = pathlib.Path(environment["GUESTS"]) / "cgi.wasm"
    if not guest.exists() or not (programs / "wasmrun-serve").exists():
        return [("serve", lambda: [missing("serve", guest if not guest.exists() else programs / "wasmrun-serve")])]
    if programs.name == "emulated":  # wasmrun starts it by the kernel, which knows no emulator
        return []

    def run(name, check):
        wrong = check()
        return [passed(f"serve/{name}") if wrong is None else failed(f"serve/{name}", wrong)]

    return [(f"serve/{name}", lambda name=name, check=check: run(name, check))
            for name, check in serve.checks(programs, guest)]


def verdict(name, wrong):
    return passed(f"sockets/{name}") if wrong is None else failed(f"sockets/{name}", wrong)


# ---- Containers -----------------------------------------------------------------------------

def container_jobs(build, programs, environment):
    if programs.name == "emulated":  # containers are of the machine's own processor
        return []
    static = programs / "wasmrun-oci"
    if not static.exists() and build == "dev":
        static = programs.parent.parent / "release" / "bin" / "wasmrun-oci"
    if not static.exists():
        return [("containers", lambda: [missing("containers", static)])]
    kinds = [("bundle", bundles), ("runc", runc)]
    if build == "release":  # engines start what is shipped
        kinds += [("podman", podman), ("containerd", containerd)]
    return [(f"containers/{name}",
             lambda name=name, kind=kind: run_checks(
                 name, kind.CHECKS, lambda: kind.make(programs, environment)))
            for name, kind in kinds]


# ---- The core suite ---------------------------------------------------------------------

def suite_folder(variable, name):
    """A suite's folder: the one that is named, else the one that setup.sh fetched, else None."""
    fetched = ROOT / "build" / name
    return os.environ.get(variable) or (str(fetched) if fetched.is_dir() else None)


def without_suite(test, name):
    """setup.sh says why a suite could not be fetched, if it tried."""
    reason = ROOT / "build" / f"{name}.unavailable"
    if reason.exists():
        return skipped(test, reason.read_text().strip())
    return failed(test, f"build/{name} is missing; tests/setup.sh fetches it")


def core_suite():
    return suite_folder("WASMRUN_TESTSUITE", "testsuite")


def spec_jobs(build, programs, environment):
    if not (programs / "wasmrun-spectest").exists():
        return []
    folder = core_suite()
    if not folder:
        return [("spec", lambda: [without_suite("spec", "testsuite")])]
    folders = [os.path.join(folder, part) for part in SPEC_FOLDERS.get(build, [""])]
    jobs_of = [(suite_name(words),
                lambda words=words: run_spec(words, programs, folders, environment))
               for words in SPEC_CONFIGURATIONS.get(build, [[]])]
    if build == "aarch64":
        jobs_of.append(("native-suite sample", lambda: run_foreign(programs, folder, environment)))
    return jobs_of


def run_foreign(programs, folder, environment):
    if "WASMRUN_COMPILE" not in environment:
        return [missing("native-suite sample", "wasmrun-compile of the release build")]
    scripts = sorted(str(path) for path in pathlib.Path(folder).rglob("*.wast")
                     if path.stem in FOREIGN_SAMPLE)
    command = [str(programs / "wasmrun-spectest"), *SPEC_FLAGS, *NATIVE, "compile", *scripts]
    return spec_results("native-suite sample", command, environment)


def suite_name(words):
    """Native code has a name of its own: it takes minutes, so that one can ask for the rest."""
    return " ".join(["native-suite" if "--engine" in words else "spec", *words])


def make_target(environment, target):
    """Builds a program that only tests want; what went wrong, or None."""
    with PORTABLE_LOCK:
        made = subprocess.run(["cmake", "--build", environment["BUILD"], "--target", target],
                              capture_output=True, text=True, errors="replace")
    return made.stdout + made.stderr if made.returncode != 0 else None


def run_spec(words, programs, folders, environment):
    name, program, flags = suite_name(words), "wasmrun-spectest", words
    if words and words[0] == "portable":
        wrong = make_target(environment, "wasmrun-spectest-portable")
        if wrong is not None:
            return [failed(name, wrong)]
        program, flags = "wasmrun-spectest-portable", words[1:]
    if "--engine" in words and not (programs / "wasmrun-compile").exists():
        return [missing(name, programs / "wasmrun-compile")]
    return spec_results(name, [str(programs / program), *SPEC_FLAGS, *flags, *folders], environment)


def spec_results(name, command, environment):
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
        results.append(failed(name, f"{left} commands were skipped", left))
    return results


# ---- Random programs -----------------------------------------------------------------------

# The official scripts of the component model. Those behind 0.2 wait for features that wasmrun lacks
# (spec-tests/README.md); no other may.
COMPONENT_CONFIGURATIONS = {"release": [[], ["--bounds", "explicit"], ["--gc-stress"]],
                            "dev": [[], ["--gc-stress"]], "aarch64": [[]]}
WAITING = {"validation/indicies", "validation/max-value-size", "binary/binary", "values/concat",
           "values/post-return", "values/variants"}


def component_suite():
    named = os.environ.get("WASMRUN_COMPONENTS")
    folder = pathlib.Path(named or ROOT / "build" / "component-model") / "test"
    return folder if folder.is_dir() else None


def component_spec_jobs(build, programs, environment):
    configurations = COMPONENT_CONFIGURATIONS.get(build, [])
    if not configurations or not (programs / "wasmrun-spectest").exists():
        return []
    folder = component_suite()
    if not folder:
        return [("spec components", lambda: [without_suite("spec components", "component-model")])]
    return [(" ".join(["spec components", *words]),
             lambda words=words: run_component_spec(words, programs, folder, environment))
            for words in configurations]


def run_component_spec(words, programs, folder, environment):
    name = " ".join(["spec components", *words])
    with tempfile.TemporaryDirectory(prefix="wasmrun-spec-") as place:
        report = pathlib.Path(place) / "report.json"
        results = spec_results(name, [str(programs / "wasmrun-spectest"), "--json", str(report), *words,
                                      str(folder)], environment)
        files = json.loads(report.read_text())["files"] if report.exists() else []
    for file in files:
        script = str(pathlib.Path(file["path"]).relative_to(folder).with_suffix(""))
        if file["waiting"] and script not in WAITING and not script.startswith("async/"):
            results.append(failed(name, f"{script} waits for {file['waits_for']}"))
    return results


# Programs made at random that a build compares engines with, from the same seed each time.
COMPARED = {"release": ["--count", "264", "--coverage"],
            "dev": ["--count", "48", "--seed", "24", "--drivers", "dev", "--others", ""]}


def compare_jobs(build, environment):
    if build not in COMPARED:
        return []

    def run():
        if build == "release":
            wrong = make_target(environment, "compare_driver_portable")
            if wrong is not None:
                return [failed("compare", wrong)]
        command = [sys.executable, str(ROOT / "tests" / "compare.py"), "--build", build, "--jobs", "2",
                   "--no-reduce", "--keep", str(ROOT / "build" / "compare-found"), *COMPARED[build]]
        return spec_results("compare", command, environment)

    return [("compare", run)]


# ---- The text format against wabt ---------------------------------------------------------

def wabt_jobs(build, programs):
    folder = core_suite()
    if build != "release" or not folder:
        return []
    return [("wabt", lambda: run_wabt(str(programs / "wasmrun"), folder))]


def run_wabt(wasmrun, folder):
    if not differential.version_is_known():
        return [missing("wabt", f"wabt {differential.WABT_VERSION}")]
    alike, _, wrong = differential.check(wasmrun, folder)
    return [passed("wabt", alike)] + ([failed("wabt", wrong)] if wrong else [])
