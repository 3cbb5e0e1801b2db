#!/usr/bin/env python3
"""Runs a command that must end in time and in memory: within.py SECONDS MIB COMMAND...

Output and exit status are the command's. A line on standard error, and the status 99, where it took longer or more."""
import resource
import subprocess
import sys
import time


def main():
    seconds, mib, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    start = time.monotonic()
    status = subprocess.run(command).returncode
    took = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if took > seconds or peak > mib:
        print(f"within.py: {took:.2f} s and {peak} MiB", file=sys.stderr)
        return 99
    return status


if __name__ == "__main__":
    sys.exit(main())
