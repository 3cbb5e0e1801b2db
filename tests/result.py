"""What came of a test. What a package provides is never a reason to skip: `missing` is a failure that
says what to install. `skipped` is for what the machine forbids, and always with the reason."""
import dataclasses

INSTALL = "tools/install-packages.sh build test containers"


@dataclasses.dataclass
class Result:
    name: str
    verdict: str  # "passed", "failed", "skipped"
    detail: str = ""
    count: int = 1  # a suite that counts for itself reports many at once


def passed(name, count=1):
    return Result(name, "passed", "", count)


def failed(name, detail, count=1):
    return Result(name, "failed", detail, count)


def missing(name, what):
    return Result(name, "failed", f"{what} is missing; what the tests need comes by: {INSTALL}")


def skipped(name, reason, count=1):
    return Result(name, "skipped", reason, count)


def table(results):
    """The skips as lines of a table: how many, of what build, which, why. `results` are pairs of a
    build's name and a result."""
    rows = {}
    for label, result in results:
        if result.verdict == "skipped" and result.count:
            rows.setdefault((label, " ".join(result.detail.split())), []).append(result)
    lines = []
    for (label, reason), group in rows.items():
        names = [result.name for result in group]
        name = names[0]
        if len(names) > 1:
            name = common_folder(names) + "*"
        lines.append(f"  {sum(result.count for result in group):5}  {label:8} {name}: {reason}")
    return lines


def common_folder(names):
    parts = [name.split("/") for name in names]
    shared = []
    for column in zip(*parts):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "".join(part + "/" for part in shared)
