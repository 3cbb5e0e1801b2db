"""The official suites, as they are published: the WASI programs with their JSON specifications,
and the core suite through wasmrun-spectest. Each comes from a folder named by a variable."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from result import failed, passed, skipped

# Configurations in which the core suite runs, and in which builds.
SPEC_CONFIGURATIONS = {
    "release": [[], ["--bounds", "explicit"], ["--gc-stress"]],
    "dev": [[]],
}


def jobs(build, environment):
    return wasi_jobs(build, environment) + spec_jobs(build, environment)


# ---- WASI -----------------------------------------------------------------------------

def wasi_jobs(build, environment):
    folder = os.environ.get("WASMRUN_WASI_TESTSUITE")
    if not folder:
        return [("wasi-testsuite", lambda: [skipped("wasi-testsuite",
                                                    "(WASMRUN_WASI_TESTSUITE is not set)")])]
    found = []
    for module in sorted(pathlib.Path(folder).glob("tests/*/testsuite/*/*.wasm")):
        language = module.parts[-4]
        name = f"wasi-testsuite/{language}/{module.stem}"
        found.append((name, lambda name=name, module=module: [run_wasi(name, module, environment)]))
    return found or [("wasi-testsuite", lambda: [failed("wasi-testsuite", f"nothing in {folder}")])]


def writable_copy(source, target):
    """The suite may lie in a read-only place; its programs write into their root."""
    shutil.copytree(source, target, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def run_wasi(name, module, environment):
    spec = {}
    if module.with_suffix(".json").exists():
        spec = json.loads(module.with_suffix(".json").read_text())
    with tempfile.TemporaryDirectory(prefix="wasmrun-wasi-") as folder:
        command = ["wasmrun"]
        for variable, value in spec.get("env", {}).items():
            command += ["--env", f"{variable}={value}"]
        if "root" in spec:
            root = pathlib.Path(folder, "root")
            writable_copy(module.parent / spec["root"], root)
            command += ["--dir", f"{root}::/"]
        command += [str(module), *spec.get("args", [])]
        try:
            done = subprocess.run(command, capture_output=True, timeout=60, env=environment,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return failed(name, "did not end within 60 s")
    problem = ""
    if done.returncode != spec.get("exit_code", 0):
        problem += f"expected status {spec.get('exit_code', 0)}, got {done.returncode}\n"
    for stream in ("stdout", "stderr"):
        got = getattr(done, stream).decode(errors="replace")
        if stream in spec and got != spec[stream]:
            problem += f"expected {stream} {spec[stream]!r}, got {got!r}\n"
    if problem:
        problem += done.stderr.decode(errors="replace")
    return failed(name, problem) if problem else passed(name)


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
            for flags in SPEC_CONFIGURATIONS.get(build.name, [[]])]


def run_spec(program, folder, flags, environment):
    name = " ".join(["spec", *flags])
    command = [str(program), *flags, folder]
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
