"""Bundles run by runc, and by crun: what the process in a container is and has, without an engine."""
import json
import os
import shutil
import subprocess
import time

from .world import Missing, Skip, World, need_tools, wait_until

MOUNTS = [{"destination": "/proc", "type": "proc", "source": "proc"},
          {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]}]
NAMESPACES = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]


def make(programs, environment):
    need_tools("runc")
    world = World(programs, environment)
    world.root = world.folder / "runc"
    world.runtime = [world.make_wrapper("over-runc", {"runtime": "runc"}), "--root", world.root]
    plain = world.make_bundle("plain", ["/true"], **linux())
    shutil.copy("/bin/busybox", plain / "rootfs" / "true")
    done = world.run("runc", "--root", world.root, "run", "--bundle", plain, "plain")
    if done.status != 0:
        world.end()
        raise Skip(f"runc cannot run a container here: {done.stderr.strip()[-200:]}")
    return world


def linux(**more):
    return {"linux": {"namespaces": NAMESPACES}, "mounts": MOUNTS} | more


def set_args(bundle, args, **process):
    config = json.loads((bundle / "config.json").read_text())
    config["process"] |= {"args": args} | process
    (bundle / "config.json").write_text(json.dumps(config))


def bundle_of(world, name, args, process=None, **more):
    bundle = world.make_bundle(name, args, ["container.wasm"], **linux(**more))
    shutil.copy("/bin/busybox", bundle / "rootfs" / "busybox")
    set_args(bundle, args, **(process or {}))
    return bundle


def run(world, bundle, *words):
    return world.run(*world.runtime, "run", "--bundle", bundle, *words, bundle.name)


class Container:
    """One that is created and started, and deleted in the end."""

    def __init__(self, world, bundle):
        self.world, self.bundle, self.name = world, bundle, bundle.name

    def call(self, command, *words):
        return self.world.run(*self.world.runtime, command, *words)

    def __enter__(self):
        # Its output goes nowhere: a pipe would be waited for.
        done = self.call_detached("create", "--bundle", str(self.bundle), self.name)
        self.problem = done.wrong() or self.call("start", self.name).wrong()
        return self

    def call_detached(self, *words):
        return self.world.run("sh", "-c", '"$@" >/dev/null 2>"$0"', self.world.folder / "errors",
                              *self.world.runtime, *words)

    def state(self):
        return json.loads(self.call("state", self.name).stdout or "{}")

    def __exit__(self, *_):
        self.call("delete", "--force", self.name)


def output_arguments_environment_status(world):
    bundle = bundle_of(world, "output", ["/container.wasm", "a b", "", "c"],
                       {"env": ["GREETING=hello=you", "PATH=/bin"]})
    wrong = run(world, bundle).wrong(0, stdout="argument /container.wasm\nargument a b\nargument \n"
                                     "argument c\nvariable hello=you\n")
    if wrong:
        return wrong
    for status in (0, 1, 3, 255):
        set_args(bundle, ["/container.wasm", "exit", str(status)])
        wrong = run(world, bundle).wrong(status)
        if wrong:
            return wrong
    if sorted(os.listdir(bundle / "rootfs")) != ["busybox", "container.wasm", "dev", "proc"]:
        return f"left in the image: {os.listdir(bundle / 'rootfs')}"
    return f"left behind: {world.left()}" if world.left() else None


def life_of_a_container(world):
    bundle = bundle_of(world, "life", ["/container.wasm", "wait"],
                       annotations={"module.wasm.image/variant": "compat", "x": "y"})
    with Container(world, bundle) as c:
        state = c.state()
        if c.problem or state.get("status") != "running" or state.get("bundle") != str(bundle) or \
                state.get("annotations") != {"module.wasm.image/variant": "compat", "x": "y"}:
            return c.problem or f"{state}"
        if not wait_until(lambda: c.call("ps", c.name).stdout.count("container.wasm") > 0):
            return c.call("ps", c.name).wrong(stdout="container.wasm")
        wrong = c.call("kill", c.name, "TERM").wrong()
        if wrong or not wait_until(lambda: c.state().get("status") == "stopped"):
            return wrong or f"{c.state()}"
        wrong = c.call("delete", c.name).wrong()
    return wrong or (f"left behind: {world.left()}" if world.left() else None)


# In a container whose first process is native: opens the program of a module that runs, ends that, so
# that its program is busy no longer, and tries to write.
REPLACE = """exec 3</proc/$(/busybox pidof container.wasm)/exe || exit 9
/busybox kill -KILL $(/busybox pidof container.wasm); /busybox sleep 0.3
(echo x >/proc/self/fd/3) && echo written; (echo x >>/proc/self/fd/3) && echo written
/busybox mount -o remount,rw /proc/self/fd/3 && echo mounted
/busybox true"""


def replace_program(world, name, program, refusal):
    """As a root that may do much."""
    rights = ["CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_KILL"]
    bundle = bundle_of(world, name, ["/busybox", "sleep", "100"], {
        "capabilities": {kind: rights for kind in ("bounding", "effective", "permitted")}})
    before = program.read_bytes()
    with Container(world, bundle) as c:
        wrong = c.problem or c.call_detached("exec", "--detach", c.name, "/container.wasm",
                                             "wait").wrong()
        if wrong or not wait_until(lambda: "container.wasm" in c.call("ps", c.name).stdout):
            return wrong or "the module does not run"
        done = c.call("exec", c.name, "/busybox", "sh", "-c", REPLACE)
        wrong = done.wrong(stderr=refusal)
        if wrong or "written" in done.stdout or "mounted" in done.stdout:
            return wrong or done.stdout
    return None if program.read_bytes() == before else "the program changed"


def the_program_cannot_be_replaced(world):
    return replace_program(world, "replace", world.static, "Read-only file system")


def nor_its_copy(world):
    """Where its folder cannot be a layer of a mount (a colon divides the list of them)."""
    folder = world.folder / "a:b"
    folder.mkdir()
    program = folder / "wasmrun-oci"
    shutil.copy(world.static, program)
    usual = world.runtime
    world.runtime = [world.make_wrapper("copying", {"runtime": "runc", "program": str(program)}),
                     *usual[1:]]
    try:
        return replace_program(world, "copy", program, "Operation not permitted")
    finally:
        world.runtime = usual


def the_guest_sees_nothing_of_the_program(world):
    """Not in /proc, which is refused, nor among its folders."""
    bundle = bundle_of(world, "sees", ["/container.wasm", "read", "/proc/self/exe"])
    if run(world, bundle).status != 1:
        return "/proc/self/exe was read"
    set_args(bundle, ["/container.wasm", "list", "/"])
    return run(world, bundle).wrong(0, stdout="container.wasm")


def a_text_module(world):
    """Where an annotation says that it is one."""
    text = '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))' \
           ' (func (export "_start") (call $exit (i32.const %s))))'
    bundle = bundle_of(world, "text", ["/app.wat"],
                       annotations={"module.wasm.image/variant": "compat-smart"})
    (bundle / "rootfs" / "app.wat").write_text(text % "42")
    wrong = run(world, bundle).wrong(42)
    (bundle / "rootfs" / "app.wat").write_text(text % "forty")
    return wrong or run(world, bundle).wrong(1, stderr="/app.wat:1:")


def working_directory_and_user(world):
    bundle = bundle_of(world, "where", ["/container.wasm", "read", "file"],
                       {"cwd": "/work", "user": {"uid": 1000, "gid": 1000}})
    work = bundle / "rootfs" / "work"
    (work / "in").mkdir(parents=True)
    (work / "file").write_text("relative\n")
    (bundle / "rootfs" / "etc").mkdir()
    (bundle / "rootfs" / "etc" / "file").write_text("absolute\n")
    wrong = run(world, bundle).wrong(0, stdout="relative")
    if wrong:
        return wrong
    set_args(bundle, ["/container.wasm", "read", "/etc/file"])
    wrong = run(world, bundle).wrong(0, stdout="absolute")
    if wrong:
        return wrong
    # Links are the container's: an absolute one begins at its root, also where the folders of that are
    # given one by one.
    (bundle / "rootfs" / "etc" / "link").symlink_to("/work/in/../file")
    for cwd in ("/work", "/"):
        set_args(bundle, ["/container.wasm", "read", "/etc/link"], cwd=cwd)
        wrong = run(world, bundle).wrong(0, stdout="relative")
        if wrong:
            return wrong
    set_args(bundle, ["/container.wasm", "write", "/work/file", "x"])
    return run(world, bundle).wrong(1, stderr="Permission denied")


def files_of_the_root_beside_a_working_directory(world):
    """A guest's C library cannot tell "." from "/"; what is not in the one is in the other."""
    bundle = bundle_of(world, "root-files", [], {"cwd": "/work"})
    root = bundle / "rootfs"
    (root / "work").mkdir()
    (root / "config").write_text("in the root\n")
    (root / "both").write_text("in the root\n")
    (root / "work" / "both").write_text("in the working directory\n")
    (root / "late").mkdir()
    for args, text in [(["read", "/config"], "in the root"), (["read", "../config"], "in the root"),
                       (["read", "both"], "in the working directory"),
                       (["stat", "/config"], "file"), (["stat", "/late"], "folder")]:
        set_args(bundle, ["/container.wasm", *args], cwd="/work")
        wrong = run(world, bundle).wrong(0, stdout=text)
        if wrong:
            return f"{args}: {wrong}"
    set_args(bundle, ["/container.wasm", "write", "new", "x"])
    wrong = run(world, bundle).wrong()
    if wrong or not (root / "work" / "new").exists() or (root / "new").exists():
        return wrong or "a new file is not in the working directory"
    set_args(bundle, ["/container.wasm", "write", "/config", "changed"])
    wrong = run(world, bundle).wrong()
    if wrong or (root / "config").read_text() != "changed\n" or (root / "work" / "config").exists():
        return wrong or "a file of the root was not written"
    set_args(bundle, ["/container.wasm", "read", "/none"])
    return run(world, bundle).wrong(1, stderr="No such file")


def standard_streams_by_name(world):
    """As Linux programs use them, also through a link of the image's (logs do so), in any working
    directory; procfs stays closed."""
    bundle = bundle_of(world, "streams", [])
    (bundle / "rootfs" / "app.log").symlink_to("/dev/stdout")
    (bundle / "rootfs" / "work").mkdir()
    for cwd in ["/", "/work"]:
        for path in ["/dev/stdout", "/dev/fd/1", "/app.log"]:
            set_args(bundle, ["/container.wasm", "write", path, "by name"], cwd=cwd)
            wrong = run(world, bundle).wrong(0, stdout="by name")
            if wrong:
                return f"{path} in {cwd}: {wrong}"
        set_args(bundle, ["/container.wasm", "write", "/dev/stderr", "by name"], cwd=cwd)
        wrong = run(world, bundle).wrong(0, stderr="by name")
        if wrong:
            return wrong
        set_args(bundle, ["/container.wasm", "stat", "/dev/stdin"], cwd=cwd)
        wrong = run(world, bundle).wrong(0, stdout="file")
        if wrong:
            return wrong
    set_args(bundle, ["/container.wasm", "read", "/dev/stdin"], cwd="/")
    done = subprocess.run([str(w) for w in world.runtime] + ["run", "--bundle", str(bundle), "streams"],
                          input="typed\n", capture_output=True, text=True, timeout=60)
    if done.stdout != "typed\n":
        return f"from /dev/stdin: {done.stdout!r} {done.stderr!r}"
    for path in ["/proc/self/fd/3", "/proc/self/mem", "/proc/self/fd/1/x", "/dev/fd/3"]:
        set_args(bundle, ["/container.wasm", "read", path])
        if run(world, bundle).status == 0:
            return f"{path} can be read"
    return None


def stopped_in_order(world):
    """A guest that asks to be told ends by itself; a second signal ends one that does not."""
    for command, status in [("stop", 7), ("linger", 143)]:
        bundle = bundle_of(world, command, ["/container.wasm", command, "/phase"])
        phase = bundle / "rootfs" / "phase"
        process = subprocess.Popen([str(w) for w in world.runtime] +
                                   ["run", "--bundle", str(bundle), command],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not wait_until(lambda: phase.exists() and phase.read_text() == "waiting\n"):
            process.kill()
            return f"{command}: it does not wait: {process.communicate()[1]}"
        time.sleep(0.3)
        world.run(*world.runtime, "kill", command, "TERM")
        if not wait_until(lambda: phase.read_text() == "stopping\n"):
            process.kill()
            return f"{command}: it was not told"
        if command == "linger":
            time.sleep(0.2)
            if process.poll() is not None:
                return "it ended by itself"
            world.run(*world.runtime, "kill", command, "TERM")
        errors = process.communicate(timeout=30)[1]
        if process.returncode != status:
            return f"{command}: status {process.returncode}, {errors}"
    return None


def messages_of_our_own(world):
    for command in ["create", "run", "start", "state", "kill", "delete", "exec", "ps"]:
        wrong = world.run(*world.runtime, command).wrong(
            255 if command == "exec" else 1,
            stderr=f"wasmrun: {command}: no container is named; usage: wasmrun oci {command} ")
        if wrong:
            return wrong
    features = json.loads(world.run(*world.runtime, "features").stdout)
    if features["annotations"]["wasmrun.modules"] != "wasi_snapshot_preview1":
        return "features do not tell of modules"
    known = features["potentiallyUnsafeConfigAnnotations"]
    return None if "wasmrun.timeout" in known and "run.oci.handler" in known else f"{known}"


def mounts_and_a_read_only_root(world):
    bundle = bundle_of(world, "mounts", [], root={"path": "rootfs", "readonly": True},
                       mounts=MOUNTS + [
                           {"destination": f"/{name}", "type": "bind", "source": "data",
                            "options": ["bind", name]} for name in ("ro", "rw")])
    (bundle / "data").mkdir()
    for name, status in (("/new", 1), ("/ro/new", 1), ("/rw/new", 0)):
        set_args(bundle, ["/container.wasm", "write", name, "text"])
        wrong = run(world, bundle).wrong(status)
        if wrong:
            return f"{name}: {wrong}"
    return None if (bundle / "data" / "new").read_text() == "text\n" else "nothing was written"


def hooks_run_with_the_given_bundle(world):
    hook = world.folder / "show"
    hook.write_text(f'#!/bin/sh\ncat >>"{world.folder}/told"; echo >>"{world.folder}/told"\n')
    hook.chmod(0o755)
    kinds = ("prestart", "createRuntime", "createContainer", "poststart", "poststop")
    bundle = bundle_of(world, "hooks", ["/container.wasm"],
                       hooks={kind: [{"path": str(hook)}] for kind in kinds})
    wrong = run(world, bundle).wrong()
    states = [json.loads(line) for line in (world.folder / "told").read_text().splitlines() if line]
    if wrong or len(states) != len(kinds) or any(s["bundle"] != str(bundle) for s in states):
        return wrong or f"{states}"
    return None


def limits_by_annotation(world):
    bundle = world.make_bundle("limits", ["/memory.wasm"], ["memory.wasm"],
                               **linux(annotations={"wasmrun.max-memory": "5M",
                                                    "wasmrun.engine": "interp"}))
    wrong = run(world, bundle).wrong(0, stdout="stopped below 64 MiB")
    if wrong:
        return wrong
    shutil.copy(world.guests / "spin.wasm", bundle / "rootfs")
    config = json.loads((bundle / "config.json").read_text())
    config["annotations"] = {"wasmrun.timeout": "200ms"}
    (bundle / "config.json").write_text(json.dumps(config))
    set_args(bundle, ["/spin.wasm"])
    return run(world, bundle).wrong(134, stderr="--timeout 200ms")


def wrong_annotations_are_errors_of_create(world):
    """Not of the container's process: nothing is created."""
    bundle = world.make_bundle("wrong", ["/output.wasm"], ["output.wasm"], **linux())
    document = json.loads((bundle / "config.json").read_text())
    for name, value in [("timeout", "abc"), ("max-threads", "0"), ("max-memory", "much"),
                        ("engine", "fast"), ("feature", "-nothing")]:
        document["annotations"] = {"wasmrun." + name: value}
        (bundle / "config.json").write_text(json.dumps(document))
        done = world.run(*world.runtime, "create", "--bundle", bundle, "wrong")
        wrong = done.wrong(1, stderr=f"annotation 'wasmrun.{name}' is '{value}'")
        if wrong:
            return wrong
        if world.run("runc", "--root", world.root, "state", "wrong").status == 0:
            return f"{name}: there is a container"
    return None


def nothing_in_the_container_is_asked(world):
    """Files and variables by which a user's own wasmrun is set up mean nothing inside."""
    bundle = bundle_of(world, "asked", ["/container.wasm", "x"],
                       {"env": ["HOME=/home", "XDG_CONFIG_HOME=/home/.config", "PATH=/bin",
                                "LISTEN_FDS=5", "WASMRUN_OCI=/home/oci.json"]})
    folder = bundle / "rootfs" / "etc" / "wasmrun"
    folder.mkdir(parents=True)
    (folder / "oci.json").write_text('{"runtime": "/nowhere"}')
    return run(world, bundle).wrong(0, stdout="argument x\n", stderr="")


def native_code_of_trusted_keys(world):
    """It runs where the host trusts who signed it; what the container says of trust changes nothing."""
    compiler = world.static.parent / "wasmrun-compile"
    if not compiler.exists():
        raise Missing("wasmrun-compile")
    home = world.folder / "home"
    home.mkdir(mode=0o700)
    own = dict(world.environment, HOME=str(home), WASMRUN_COMPILE=str(compiler))
    own.pop("XDG_CONFIG_HOME", None)
    bundle = bundle_of(world, "keys", ["/native.wasm", "x"], {"env": ["HOME=/home", "PATH=/bin"]},
                       annotations={"wasmrun.engine": "native"})
    wasmrun = world.static.parent / "wasmrun"
    for words in (["compile", world.guests / "container.wasm", "-o", bundle / "rootfs" / "native.wasm"],
                  ["key", "export", "-o", world.folder / "key.pub"]):
        done = subprocess.run([wasmrun, *words], env=own, capture_output=True, text=True)
        if done.returncode != 0:
            return done.stderr
    # The container's own home trusts the key.
    shutil.copytree(home / ".config", bundle / "rootfs" / "home" / ".config")
    trusting = [world.make_wrapper("trusting", {"runtime": "runc",
                                                "trust-keys": [str(world.folder / "key.pub")]}),
                *world.runtime[1:]]
    wrong = run(world, bundle).wrong(1, stderr="it is signed by a key that is not trusted")
    wrong = wrong or world.run(*trusting, "run", "--bundle", bundle, "keys").wrong(
        0, stdout="argument /native.wasm\nargument x\n", stderr="")
    set_args(bundle, ["/container.wasm"])
    wrong = wrong or world.run(*trusting, "run", "--bundle", bundle, "keys").wrong(1)
    if wrong:
        return wrong
    # One byte of native code changed.
    path = bundle / "rootfs" / "native.wasm"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    set_args(bundle, ["/native.wasm"])
    return world.run(*trusting, "run", "--bundle", bundle, "keys").wrong(1)


def over_crun(world):
    """crun does not take this machine's cgroups where both versions are mounted, so it gets a folder
    of the second alone."""
    need_tools("crun", "unshare")
    runtime = world.make_wrapper("over-crun", {"runtime": "crun"})
    bundle = bundle_of(world, "crun", ["/container.wasm", "a"],
                       annotations={"run.oci.handler": "wasm"})
    script = ('umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup || exit 99;'
              ' c="--cgroup-manager=disabled --root $1"; crun $c run --bundle "$3" c0 || exit 99;'
              ' "$0" $c run --bundle "$2" c1')
    plain = world.folder / "plain"
    done = world.run("unshare", "-m", "sh", "-c", script, runtime, world.folder / "crun-root", bundle,
                     plain)
    if done.status == 99:
        raise Skip(f"crun cannot run a container here: {done.stderr.strip()[-200:]}")
    return done.wrong(0, stdout="argument /container.wasm\nargument a\n")


CHECKS = [output_arguments_environment_status, life_of_a_container, the_program_cannot_be_replaced,
          nor_its_copy,
          the_guest_sees_nothing_of_the_program, a_text_module, working_directory_and_user,
          mounts_and_a_read_only_root, hooks_run_with_the_given_bundle, limits_by_annotation,
          files_of_the_root_beside_a_working_directory, standard_streams_by_name, stopped_in_order,
          messages_of_our_own, wrong_annotations_are_errors_of_create, nothing_in_the_container_is_asked, native_code_of_trusted_keys, over_crun]
