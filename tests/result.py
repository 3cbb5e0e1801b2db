"""What came of a test."""
import dataclasses


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


def skipped(name, detail="", count=1):
    return Result(name, "skipped", detail, count)
