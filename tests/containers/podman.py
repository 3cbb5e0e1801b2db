"""Images run by podman, with conmon and runc below wasmrun."""
import subprocess
import sys
import time

from . import engine
from .world import Missing, Skip, World, wait_until


def make(programs, environment):
    world = World(programs, environment)
    try:
        world.storage = engine.Storage(world)
        world.words = ["podman", *world.storage.words, "--tmpdir", world.folder / "tmp",
                       "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime"]
        world.cleanup = world.storage.end
        # A plain container by runc alone: where that fails, it is not for wasmrun to say why.
        done = world.run(*world.words, "/usr/sbin/runc", "run", "--rm", "--network", "none", "programs",
                         "/bin/sh", "-c", "exit 3")
        if done.status != 3:
            raise Skip(f"podman cannot run a container with runc here: {done.stderr.strip()[-300:]}")
    except (Skip, Missing):
        world.end()
        raise
    return world


def podman(world, *words):
    """By the name that deploy/podman/wasmrun.conf gives."""
    return world.run(*world.words, "wasmrun-oci", *words)


def run(world, *words):
    return podman(world, "run", "--rm", "--network", "none", *words)


class Container:
    """A detached one, removed in the end."""

    def __init__(self, world, name, *words, network="none"):
        self.world, self.name = world, name
        self.done = podman(world, "run", "-d", "--name", name, "--network", network, *words)

    def __enter__(self):
        return self

    def exit_status(self):
        done = podman(self.world, "wait", self.name)
        return int(done.stdout or -1) if done.status == 0 else done.stderr

    def __exit__(self, *_):
        podman(self.world, "rm", "-f", "-t", "0", self.name)


# Asks in the container's own network, where nothing else has the port.
ASK = """
import socket, time
def ask(request):
    connection = socket.create_connection(("127.0.0.1", 8080), timeout=20)
    connection.sendall(request)
    got = b""
    while more := connection.recv(4096): got += more
    return got
print(ask(b"GET / HTTP/1.0\\r\\n\\r\\n").decode())
print(ask(b"POST /echo HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\nContent-Length: 4\\r\\n\\r\\nback").decode())
half = socket.create_connection(("127.0.0.1", 8080), timeout=20)
half.sendall(b"POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\n\\r\\nab")
print("half", flush=True)
time.sleep(1.5)
half.sendall(b"cde")
got = b""
while more := half.recv(4096): got += more
print(got.decode())
"""


def the_image_of_the_documentation(world):
    """FROM scratch, one module, its name as the command: it serves, and `stop` lets it finish what
    it has begun."""
    done = world.storage.build("http", 'FROM scratch\nADD http_server.wasm /\nCMD ["/http_server.wasm"]\n')
    if done.status != 0:
        return done.wrong()
    with Container(world, "http", "http") as c:
        if not wait_until(lambda: "listening on 0.0.0.0 port 8080" in podman(world, "logs", "http").stdout):
            return c.done.wrong() or f"{podman(world, 'logs', 'http').stderr}"
        pid = podman(world, "inspect", "--format", "{{.State.Pid}}", "http").stdout.strip()
        client = subprocess.Popen(["nsenter", "-t", pid, "-n", sys.executable, "-c", ASK], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = []
        while not said or said[-1] not in ("half\n", ""):
            said.append(client.stdout.readline())
        time.sleep(0.3)
        begin = time.monotonic()
        stopped = podman(world, "stop", "-t", "20", "http")
        seconds = time.monotonic() - begin
        said.append(client.communicate(timeout=30)[0])
        text = "".join(said)
        if "Hello from WebAssembly!" not in text or "\r\n\r\nback" not in text.replace("\n\n", "\r\n\r\n"):
            return f"it does not serve: {text}"
        if "abcde" not in text or "Connection: close" not in text:
            return f"a request that had begun was not answered: {text}"
        if c.exit_status() != 0 or stopped.status != 0 or seconds > 15:
            return f"status {c.exit_status()} after {seconds:.1f} s: {stopped.stderr}"
        return None if "stopping" in podman(world, "logs", "http").stdout else "it was not told"


def the_network_is_the_containers(world):
    """Without one, an address of the host's cannot be listened on."""
    return run(world, "programs", "/http_server.wasm", "192.0.2.1", "0").wrong(1)


def arguments_and_environment(world):
    return run(world, "-e", "GREETING=hi there", "programs", "/container.wasm", "a b", "--flag").wrong(
        0, stdout="argument /container.wasm\nargument a b\nargument --flag\nvariable hi there\n")


def the_images_own_command(world):
    return run(world, "programs").wrong(0, stdout="argument default")


def exit_statuses(world):
    for status in (0, 3, 137):
        wrong = run(world, "programs", "/container.wasm", "exit", str(status)).wrong(status)
        if wrong:
            return wrong
    return run(world, "programs", "/trap.wasm", "divide").wrong(134, stderr="integer divide by zero")


def bind_mounts(world):
    folder = world.folder / "volume"
    folder.mkdir()
    (folder / "in").write_text("from outside\n")
    wrong = run(world, "-v", f"{folder}:/v:ro", "programs", "/container.wasm", "read", "/v/in").wrong(
        0, stdout="from outside")
    wrong = wrong or run(world, "-v", f"{folder}:/v:ro", "programs", "/container.wasm", "write",
                         "/v/out", "x").wrong(1)
    wrong = wrong or run(world, "-v", f"{folder}:/v", "programs", "/container.wasm", "write",
                         "/v/out", "from inside").wrong(0)
    return wrong or (None if (folder / "out").read_text() == "from inside\n" else "nothing written")


def a_module_on_a_bind_mount(world):
    return run(world, "-v", f"{world.guests}:/guests:ro", "programs", "/guests/container.wasm",
               "x").wrong(0, stdout="argument x")


def a_read_only_root(world):
    wrong = run(world, "--read-only", "programs", "/container.wasm", "x").wrong(0, stdout="argument x")
    return wrong or run(world, "--read-only", "programs", "/container.wasm", "write", "/x", "y").wrong(1)


def no_file_is_left_in_the_image(world):
    with Container(world, "left", "programs", "/container.wasm", "write", "/new", "x") as c:
        if c.exit_status() != 0:
            return f"{podman(world, 'logs', 'left').stderr}"
        changes = podman(world, "diff", "left").stdout
    wrong = [line for line in changes.splitlines() if "wasmrun" in line or line.split()[-1] not in
             ("/new", "/etc", "/run", "/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname",
              "/etc/resolv.conf", "/etc/mtab", "/run/.containerenv", "/run/secrets")]
    return f"{wrong}" if wrong or "/new" not in changes else None


def a_memory_limit(world):
    """What is over it ends the process as it would any other."""
    wrong = run(world, "--memory", "32m", "--memory-swap", "32m", "programs", "/memory.wasm",
                "200").wrong(137)
    return wrong or run(world, "--memory", "64m", "programs", "/memory.wasm", "8").wrong(
        0, stdout="all of 8 MiB")


def signals(world):
    """Process 1 ends by them at once, running, sleeping or reading."""
    for how, name, status in (("loop", "TERM", 143), ("sleep", "INT", 130), ("read", "HUP", 129),
                              ("read", "KILL", 137)):
        with Container(world, "signals", "-i", "programs", "/spin.wasm", how) as c:
            time.sleep(0.1)
            podman(world, "kill", "-s", name, "signals")
            got = c.exit_status()
            if got != status:
                return f"{how} {name}: {got}, not {status}; {c.done.stderr}"
    return None


def stop_is_quick(world):
    with Container(world, "stop", "programs", "/spin.wasm"):
        begin = time.monotonic()
        wrong = podman(world, "stop", "-t", "30", "stop").wrong()
        took = time.monotonic() - begin
    return wrong or (f"took {took:.1f} s" if took > 20 else None)


def logs(world):
    with Container(world, "logs", "programs", "/container.wasm", "logged") as c:
        c.exit_status()
        return podman(world, "logs", "logs").wrong(0, stdout="argument logged")


def execs(world):
    """Of modules and of native programs, with exact statuses, in a container with a module."""
    with Container(world, "execs", "programs", "/container.wasm", "wait") as c:
        wrong = c.done.wrong()
        for words, status, stdout in ((["/container.wasm", "second"], 0, "argument second"),
                                      (["/container.wasm", "exit", "3"], 3, None),
                                      (["/trap.wasm", "divide"], 134, None),
                                      (["/bin/sh", "-c", "echo native; exit 5"], 5, "native"),
                                      (["/gone.wasm"], 127, None)):
            wrong = wrong or podman(world, "exec", "execs", *words).wrong(status, stdout=stdout)
        wrong = wrong or podman(world, "exec", "-e", "GREETING=you", "-w", "/bin", "execs",
                                "/container.wasm", "list", ".").wrong(0, stdout="sh\n")
        podman(world, "kill", "-s", "TERM", "execs")
        return wrong or (None if c.exit_status() == 143 else "the first process did not end by TERM")


def a_module_in_a_native_container(world):
    with Container(world, "native", "programs", "/bin/sh", "-c", "sleep 100; true") as c:
        return c.done.wrong() or podman(world, "exec", "native", "/container.wasm", "guest").wrong(
            0, stdout="argument guest")


def pause_resume_and_update(world):
    with Container(world, "paused", "--memory", "64m", "programs", "/container.wasm", "wait") as c:
        wrong = c.done.wrong() or podman(world, "pause", "paused").wrong()
        state = podman(world, "inspect", "paused", "--format", "{{.State.Status}}").stdout.strip()
        wrong = wrong or (None if state == "paused" else f"{state}, not paused")
        wrong = wrong or podman(world, "unpause", "paused").wrong()
        identity = podman(world, "inspect", "paused", "--format", "{{.Id}}").stdout.strip()
        wrong = wrong or world.run(world.runtime, "update", "--memory", str(48 << 20), identity).wrong()
        podman(world, "kill", "-s", "TERM", "paused")
        return wrong or (None if c.exit_status() == 143 else "it did not go on")


def two_at_once(world):
    with Container(world, "one", "programs", "/container.wasm", "wait") as one:
        with Container(world, "two", "programs", "/spin.wasm") as two:
            wrong = one.done.wrong() or two.done.wrong()
            running = podman(world, "ps", "--format", "{{.Names}}").stdout.split()
            podman(world, "kill", "-s", "TERM", "one")
            first = one.exit_status()
            still = podman(world, "ps", "--format", "{{.Names}}").stdout.split()
    if wrong or {"one", "two"} - set(running) or first != 143 or "two" not in still:
        return wrong or f"{running} {first} {still}"
    return None


def a_plain_linux_container(world):
    """Beside the annotations that the image has."""
    wrong = run(world, "programs", "/bin/sh", "-c", "echo native; exit 7").wrong(7, stdout="native")
    return wrong or run(world, "--annotation", "module.wasm.image/variant=compat-smart", "programs",
                        "/bin/sh", "-c", "exit 8").wrong(8)


def behind_an_init(world):
    """`--init` puts a small init before the command."""
    init = world.folder / "init"
    subprocess.run(["clang-19", "-static", "-O2", "-o", init, "-x", "c", "-"], check=True, text=True,
                   input="#include <unistd.h>\n#include <sys/wait.h>\nint main(int c, char **v)"
                         "{ int s = 0; if (fork()) { wait(&s); return WEXITSTATUS(s) + (c < 3); }"
                         " execv(v[2], v + 2); return 99; }")
    return run(world, "--init", "--init-path", init, "programs", "/container.wasm", "exit", "3").wrong(3)


def a_missing_module(world):
    return run(world, "programs", "/gone.wasm").wrong(127, stderr="/gone.wasm")


def an_invalid_module(world):
    (world.storage.context / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\xff\xff")
    done = world.storage.build("bad", 'FROM scratch\nADD bad.wasm /\nCMD ["/bad.wasm"]\n')
    wrong = done.wrong() or run(world, "bad").wrong(126, stderr="/bad.wasm: at offset 0x8")
    return wrong


def no_record_is_left(world):
    return f"left behind: {world.left()}" if world.left() else None


CHECKS = [the_image_of_the_documentation, the_network_is_the_containers, arguments_and_environment,
          the_images_own_command, exit_statuses, bind_mounts, a_module_on_a_bind_mount,
          a_read_only_root, no_file_is_left_in_the_image, a_memory_limit, signals, stop_is_quick, logs,
          execs, pause_resume_and_update, a_module_in_a_native_container, two_at_once, a_plain_linux_container,
          behind_an_init, a_missing_module, an_invalid_module, no_record_is_left]
