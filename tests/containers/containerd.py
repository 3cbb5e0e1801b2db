"""Images run by containerd through ctr and the runc.v2 shim, whose BinaryName is wasmrun's; the
daemon is one of the test's own, on folders and a socket of the test's."""
import re
import subprocess

from . import engine
from .world import Missing, Skip, World, need_tools, wait_until

IMAGE = "localhost/programs:latest"
CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{folder}/socket"
"""


def make(programs, environment):
    world = World(programs, environment)
    world.daemon = None
    world.cleanup = lambda: stop(world)
    try:
        need_tools("containerd", "ctr", "containerd-shim-runc-v2")
        world.storage = engine.Storage(world)
        start(world)
        done = run_with(world, "/usr/sbin/runc", "probe", [], "/bin/sh", "-c", "exit 3")
        if done.status != 3:
            raise Skip(f"containerd cannot run a container with runc here: {done.stderr.strip()[-300:]}")
    except (Skip, Missing):
        world.end()
        raise
    return world


def start(world):
    folder = world.folder / "containerd"
    folder.mkdir()
    piece = engine.configuration("containerd/config.toml", world.runtime)
    (folder / "config.toml").write_text(CONFIG.format(folder=folder) +
                                        piece.replace("version = 2\n", ""))
    with open(folder / "log", "w", encoding="utf8") as log:
        world.daemon = subprocess.Popen(["containerd", "-c", folder / "config.toml"], stdout=log,
                                        stderr=log, env=world.environment)
    world.ctr = ["ctr", "--address", folder / "socket"]
    if not wait_until(lambda: world.run(*world.ctr, "version").status == 0, 30):
        raise Skip(f"containerd does not start here: {(folder / 'log').read_text()[-300:]}")
    archive = world.folder / "programs.tar"
    world.run("podman", *world.storage.words, "save", "--format", "oci-archive", "-o", archive, "programs")
    done = world.run(*world.ctr, "image", "import", archive)
    if done.status != 0:
        raise Skip(f"containerd cannot import an image here: {done.stderr.strip()[-300:]}")


def stop(world):
    if world.daemon:
        world.daemon.terminate()
        world.daemon.wait(20)
    if hasattr(world, "storage"):
        world.storage.end()


def run_with(world, runtime, name, options, *words):
    return world.run(*world.ctr, "run", "--rm", "--runtime", "io.containerd.runc.v2", "--runc-binary",
                     runtime, *options, IMAGE, name, *words)


def run(world, name, options, *words):
    return run_with(world, world.runtime, name, options, *words)


class Task:
    """A detached one, removed in the end."""

    def __init__(self, world, name, *words):
        self.world, self.name = world, name
        self.done = world.run(*world.ctr, "run", "-d", "--null-io", "--runtime",
                              "io.containerd.runc.v2", "--runc-binary", world.runtime, IMAGE, name,
                              *words)

    def __enter__(self):
        return self

    def call(self, command, *words):
        return self.world.run(*self.world.ctr, "task", command, *words)

    def status(self):
        for line in self.call("ls").stdout.splitlines():
            if line.split()[0] == self.name:
                return line.split()[-1]
        return None

    def end(self, signal):
        """Its exit status after a signal."""
        self.call("kill", "-s", signal, self.name)
        if not wait_until(lambda: self.status() == "STOPPED"):
            return f"still {self.status()}"
        told = self.call("rm", self.name).stderr
        found = re.search(r"exit with non-zero exit code (\d+)", told)
        return int(found.group(1)) if found else told

    def __exit__(self, *_):
        self.call("rm", "--force", self.name)
        self.world.run(*self.world.ctr, "container", "rm", self.name)


def the_configuration_in_deploy(world):
    """With it the part for Kubernetes loads."""
    plugins = world.run(*world.ctr, "plugins", "ls").stdout
    state = re.search(r"^io\.containerd\.grpc\.v1 +cri .*?(\w+) *$", plugins, re.M)
    return None if state and state.group(1) == "ok" else plugins


def output_arguments_environment(world):
    return run(world, "env", ["--env", "GREETING=hi there"], "/container.wasm", "a b").wrong(
        0, stdout="argument /container.wasm\nargument a b\nvariable hi there\n")


def exit_statuses(world):
    for status in (0, 3, 137):
        wrong = run(world, f"exit{status}", [], "/container.wasm", "exit", str(status)).wrong(status)
        if wrong:
            return wrong
    return run(world, "trap", [], "/trap.wasm", "divide").wrong(134, stderr="integer divide by zero")


def a_bind_mount(world):
    folder = world.folder / "volume"
    folder.mkdir()
    mount = ["--mount", f"type=bind,src={folder},dst=/v,options=rbind:rw"]
    wrong = run(world, "mount", mount, "/container.wasm", "write", "/v/out", "inside").wrong()
    return wrong or (None if (folder / "out").read_text() == "inside\n" else "nothing written")


def a_read_only_root(world):
    wrong = run(world, "readonly1", ["--read-only"], "/container.wasm", "x").wrong(0, stdout="argument x")
    return wrong or run(world, "readonly2", ["--read-only"], "/container.wasm", "write", "/x",
                        "y").wrong(1)


def a_memory_limit(world):
    return run(world, "memory", ["--memory-limit", str(32 << 20)], "/memory.wasm", "200").wrong(137)


def signals(world):
    for signal, status in (("SIGTERM", 143), ("SIGINT", 130), ("SIGKILL", 137)):
        with Task(world, "signals", "/container.wasm", "wait") as task:
            got = task.done.wrong() or task.end(signal)
            if got != status:
                return f"{signal}: {got}, not {status}"
    return None


def execs(world):
    with Task(world, "execs", "/container.wasm", "wait") as task:
        wrong = task.done.wrong()
        for number, (words, status, stdout) in enumerate(
                ((["/container.wasm", "second"], 0, "argument second"),
                 (["/container.wasm", "exit", "3"], 3, None), (["/trap.wasm", "divide"], 134, None),
                 (["/bin/sh", "-c", "exit 5"], 5, None))):
            wrong = wrong or task.call("exec", "--exec-id", f"e{number}", "execs", *words).wrong(
                status, stdout=stdout)
        return wrong


def two_at_once(world):
    with Task(world, "one", "/container.wasm", "wait") as one:
        with Task(world, "two", "/spin.wasm") as two:
            wrong = one.done.wrong() or two.done.wrong()
            first = one.end("SIGTERM")
            still = two.status()
    return wrong or (None if (first, still) == (143, "RUNNING") else f"{first} {still}")


def a_plain_linux_container(world):
    return run(world, "plain", [], "/bin/sh", "-c", "echo native; exit 7").wrong(7, stdout="native")


def a_bad_module_is_explained(world):
    """The shim takes the reason from the --log file."""
    folder = world.folder / "volume2"
    folder.mkdir()
    (folder / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\xff\xff")
    mount = ["--mount", f"type=bind,src={folder},dst=/v,options=rbind:ro"]
    return run(world, "bad", mount, "/v/bad.wasm").wrong(1, stderr="/v/bad.wasm: at offset 0x8")


def no_record_is_left(world):
    return f"left behind: {world.left()}" if world.left() else None


CHECKS = [the_configuration_in_deploy, output_arguments_environment, exit_statuses, a_bind_mount, a_read_only_root, a_memory_limit,
          signals, execs, two_at_once, a_plain_linux_container, a_bad_module_is_explained,
          no_record_is_left]
