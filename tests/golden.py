"""Golden tests: command, input and expected output in one file. tests/golden/README.md has the
format; a file holds one case or several, and each runs in an empty folder of its own."""
import dataclasses
import difflib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import machine
from result import failed, missing, passed, skipped

KEYS = {"case", "run", "file", "hex", "stdin", "stdout", "stderr", "stdout-match", "stderr-match",
        "status", "needs", "timeout"}


@dataclasses.dataclass
class Case:
    name: str
    command: str = ""
    files: dict = dataclasses.field(default_factory=dict)
    stdin: bytes = b""
    stdout: str = ""
    stderr: str = ""
    stdout_match: list = None
    stderr_match: list = None
    status: int = 0
    needs: list = dataclasses.field(default_factory=list)
    timeout: float = 60


def sections(path):
    """(key, value, body) of each `### key: value` line, with its line number."""
    key = value = None
    number, body = 0, []
    for line_number, line in enumerate(path.read_text().splitlines(keepends=True), 1):
        match = re.match(r"### ([a-z-]+):(?: (.*))?$", line)
        if match:
            if key:
                yield number, key, value, "".join(body)
            key, value, body, number = match.group(1), match.group(2) or "", [], line_number
        else:
            body.append(line)
    if key:
        yield number, key, value, "".join(body)


def parse(path):
    cases = []
    for number, key, value, body in sections(path):
        where = f"{path.name}:{number}"
        if key not in KEYS:
            raise ValueError(f"{where}: no section '{key}'")
        if key == "case":
            cases.append(Case(f"golden/{path.stem}/{value}"))
            continue
        if not cases:
            raise ValueError(f"{where}: '{key}' before the first case")
        case = cases[-1]
        if key == "run":
            case.command = value + "\n" + body
        elif key == "file":
            case.files[value] = body.encode()
        elif key == "hex":
            case.files[value] = bytes.fromhex(re.sub(r"\s*#.*", "", body))
        elif key == "stdin":
            case.stdin = body.encode()
        elif key in ("stdout", "stderr"):
            setattr(case, key, body)
        elif key in ("stdout-match", "stderr-match"):
            setattr(case, key.replace("-", "_"), body.splitlines())
        elif key == "status":
            case.status = int(value)
        elif key == "needs":
            case.needs.append(value)
        elif key == "timeout":
            case.timeout = float(value)
    return cases


SANITIZERS = ("dev", "tsan", "fuzz")


def is_for(case, environment, has_compiler):
    """Does the case belong to the tests of this build? A build without the compiler on purpose has
    none of its tests, and what sanitizers change is tested of the others."""
    if os.path.basename(environment["BUILD"]) in SANITIZERS and "no-sanitizer" in case.needs:
        return False
    return has_compiler or not any(need.endswith("/wasmrun-compile") for need in case.needs)


def unmet(case, environment):
    """The result of a case that cannot run here, or None."""
    for need in case.needs:
        kind, _, what = need.partition(" ")
        if kind == "tool":
            if not shutil.which(what, path=environment["PATH"]):
                return missing(case.name, what)
        elif kind == "file":
            path = pathlib.Path(expand(what, environment))
            if not path.exists():
                return not_there(case, path, environment)
        elif kind == "ability":
            reason = machine.forbids(what)
            if reason:
                return skipped(case.name, reason)
        elif kind not in ("no-sanitizer", "no-root"):
            raise ValueError(f"no such need: {need}")
    return None


def not_there(case, path, environment):
    """Of what setup.sh fetches, a file beside it may say why it could not be fetched."""
    fetched = pathlib.Path(environment["NPM"])
    if fetched in path.parents:
        if not fetched.exists():
            return skipped(case.name, "tests/setup.sh, which fetches it, has not run")
        name = path.relative_to(fetched).parts[0]
        reason = fetched / f"{name}.unavailable"
        if reason.exists():
            return skipped(case.name, reason.read_text().strip())
    return missing(case.name, path)


def expand(text, environment):
    return re.sub(r"\$(\w+)", lambda m: environment.get(m.group(1), m.group(0)), text)


def compare(what, got, expected, patterns):
    if patterns is not None:
        missing = [p for p in patterns if not re.search(p, got, re.M)]
        return "".join(f"{what} does not match: {p}\n" for p in missing) + (
            f"{what} was:\n{got}\n" if missing else "")
    if got == expected:
        return ""
    return "".join(difflib.unified_diff(expected.splitlines(True), got.splitlines(True),
                                        f"expected {what}", f"got {what}"))


def run(case, environment):
    result = unmet(case, environment)
    if result:
        return result
    words = ["sh", "-c", case.command]
    if "no-root" in case.needs:
        words = machine.without_root(words)
    with tempfile.TemporaryDirectory(prefix="wasmrun-test-") as folder:
        for name, data in case.files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        process = subprocess.Popen(words, cwd=folder, env=environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            stdout, stderr = process.communicate(case.stdin, case.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return failed(case.name, f"{case.command.strip()}\ndid not end within {case.timeout} s")
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    problem = compare("stdout", stdout.decode(errors="replace"), case.stdout, case.stdout_match)
    problem += compare("stderr", stderr.decode(errors="replace"), case.stderr, case.stderr_match)
    if status != case.status:
        problem += f"expected status {case.status}, got {status}\n"
        if "stderr" not in problem:
            problem += f"stderr was:\n{stderr.decode(errors='replace')}\n"
    return failed(case.name, case.command + problem) if problem else passed(case.name)
