"""What the machine that runs the tests forbids, found out by trying; and how tests do without rights
that they should not have."""
import functools
import os
import subprocess


def tried(*words):
    """None if the command succeeds, or what it said."""
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"status {done.returncode}"


def user_namespaces():
    wrong = tried("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt")
    return wrong and f"no namespaces with mounts of their own here ({wrong})"


ABILITIES = {"namespaces": user_namespaces}


@functools.cache
def forbids(ability):
    """Why the machine does not have the ability, or None."""
    return ABILITIES[ability]()


@functools.cache
def drop():
    """The words before a command that take root's right to open every file."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


def without_root(words):
    return [*drop(), *words]
