"""Bundles against a stand-in for the base runtime, which shows what it was given: what is adapted
and what is not, and what bad input leads to. Nothing here needs a container."""
import json
import os
import shutil
import subprocess

from .engine import DEPLOY
from .world import World

# Keeps a copy of what it got; knows the containers whose name begins with "known".
BASE = """#!/bin/sh
out={folder}/seen
{{ for word; do printf '%s\\n' "$word"; done; }} >"$out.words"
command=
log=/dev/null
while [ $# -gt 0 ]; do
  case $1 in
    --bundle) cp "$2/config.json" "$out.config"; shift ;;
    --process) cp "$2" "$out.process"; shift ;;
    --log) log=$2; shift ;;
    create|run|state|delete|exec|start|features) command=$1 ;;
    known*) known=1 ;;
  esac
  last=$1
  shift
done
echo "$command" >>"$out.calls"
case $command in
  state) [ -n "$known" ] || {{ echo "container does not exist" | tee -a "$log" >&2; exit 1; }}
    echo "{{\\"id\\": \\"$last\\", \\"pid\\": {pid}, \\"bundle\\": \\"/elsewhere\\", \\"more\\": 18446744073709551615}}" ;;
  features) echo '{{"ociVersionMin": "1.0.0"}}' ;;
  create|run) case $last in bad*) echo "base: no" | tee -a "$log" >&2; exit 7 ;; esac ;;
esac
"""


def make(programs, environment):
    world = World(programs, environment)
    base = world.folder / "base"
    base.write_text(BASE.format(folder=world.folder, pid=os.getpid()))
    base.chmod(0o755)
    world.wrapper = world.make_wrapper("runtime", {"runtime": str(base)})
    return world


def seen(world, what):
    path = world.folder / f"seen.{what}"
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


def fails(world, message, *words, status=1):
    """The command fails with one line that holds the message, also in the log in both formats, and
    leaves no record."""
    for kind in ("text", "json"):
        log = world.folder / "log"
        done = world.run(world.wrapper, "--log", log, "--log-format", kind, *words)
        wrong = done.wrong(status, stderr=message)
        if wrong:
            return wrong
        if done.stderr.count("\n") != 1 or not done.stderr.startswith("wasmrun: "):
            return f"not one line: {done.stderr}"
        line = log.read_text()
        log.unlink()
        if line.count("\n") != 1:
            return f"not one line in the log: {line}"
        if kind == "json":
            entry = json.loads(line)
            if entry["level"] != "error" or message not in entry["msg"] or "time" not in entry:
                return f"log: {line}"
        elif 'level=error msg="' not in line or message not in line.replace("\\", ""):
            return f"log: {line}"
    return f"left behind: {world.left()}" if world.left() else None


def no_config(world):
    bundle = world.folder / "no_config"
    bundle.mkdir()
    return fails(world, "config.json: No such file or directory", "create", "--bundle", bundle, "a")


def no_bundle(world):
    return fails(world, "No such file or directory", "create", "--bundle", "/nowhere/at/all", "a")


def invalid_json(world):
    bundle = world.make_bundle("invalid", ["/x"])
    (bundle / "config.json").write_text('{"ociVersion": "1.0.2",\n "process": }')
    wrong = fails(world, "config.json:2:13: invalid JSON", "create", "--bundle", bundle, "a")
    if wrong:
        return wrong
    (bundle / "config.json").write_text("[1]")
    return fails(world, "not a JSON object", "create", "--bundle", bundle, "a")


def missing_module(world):
    for marks in ({"module.wasm.image/variant": "compat"}, {"run.oci.handler": "wasm"},
                  {"module.wasm.image/variant": "compat-smart"},
                  {"org.opencontainers.image.os": "wasi",
                   "org.opencontainers.image.architecture": "wasm"}):
        bundle = world.make_bundle("missing", ["/gone.wasm"], annotations=marks)
        wrong = fails(world, "module '/gone.wasm'", "create", "--bundle", bundle, "a")
        if wrong:
            return wrong
        shutil.rmtree(bundle)
    return None


def link_out_of_the_root(world):
    """It is resolved inside: what it names there is not there, although it is outside."""
    target = world.folder / "outside.wasm"
    shutil.copy(world.guests / "container.wasm", target)
    bundle = world.make_bundle("link", ["/link.wasm"],
                               annotations={"module.wasm.image/variant": "compat"})
    (bundle / "rootfs" / "link.wasm").symlink_to(target)
    (bundle / "rootfs" / "up.wasm").symlink_to("../../../../../../.." + str(target))
    wrong = fails(world, "No such file or directory", "create", "--bundle", bundle, "a")
    if wrong:
        return wrong
    config = json.loads((bundle / "config.json").read_text())
    config["process"]["args"] = ["/up.wasm"]
    (bundle / "config.json").write_text(json.dumps(config))
    return fails(world, "No such file or directory", "create", "--bundle", bundle, "a")


def link_inside_the_root(world):
    bundle = world.make_bundle("inside", ["/link.wasm"], ["container.wasm"])
    (bundle / "rootfs" / "link.wasm").symlink_to("/container.wasm")
    wrong = world.run(world.wrapper, "create", "--bundle", bundle, "a").wrong()
    return wrong or adapted(world, ["/link.wasm"])


def invalid_module(world):
    """Valid at its head, wrong behind it."""
    bad = bytes.fromhex("0061736d01000000" "0105016000017f" +
                        "03020100" "0a0601040042010b")
    bundle = world.make_bundle("badmodule", ["/bad.wasm"], [("bad.wasm", bad)])
    wrong = fails(world, "/bad.wasm: at offset 0x", "run", "--bundle", bundle, "a")
    if wrong or seen(world, "config"):
        return wrong or "run went on to the base runtime"
    # create makes the container meanwhile, and takes it back.
    pid_file = world.folder / "pid-file"
    pid_file.write_text("1")
    wrong = fails(world, "/bad.wasm: at offset 0x", "create", "--bundle", bundle, "--pid-file", pid_file,
                  "a")
    calls = (world.folder / "seen.calls").read_text().split()
    if wrong or "delete" not in calls or pid_file.exists():
        return wrong or f"not taken back: {calls}"
    return None


def no_base_runtime(world):
    bundle = world.make_bundle("nobase", ["/container.wasm"], ["container.wasm"])
    usual = world.wrapper
    try:
        for name, message in (("/nowhere/runc", "'/nowhere/runc' is not installed"),
                              ("no-such-runtime", "'no-such-runtime' is not installed"),
                              (str(world.host), "is wasmrun itself")):
            world.wrapper = world.make_wrapper("nobase-runtime", {"runtime": name})
            for command, status in (("create", 1), ("exec", 255)):
                words = ["--bundle", bundle, "a"] if command == "create" else ["a", "b"]
                wrong = fails(world, message, command, *words, status=status)
                if wrong:
                    return wrong
    finally:
        world.wrapper = usual
    return None


def a_base_that_fails(world):
    """Its status and its words are what the caller gets, and the last ones in the log."""
    bundle = world.make_bundle("basefails", ["/container.wasm"], ["container.wasm"])
    log = world.folder / "log"
    wrong = world.run(world.wrapper, "--log", log, "create", "--bundle", bundle, "bad1").wrong(
        7, stderr="base: no")
    if log.read_text() != "base: no\n":
        return f"log: {log.read_text()}"
    log.unlink()
    return wrong or (f"left behind: {world.left()}" if world.left() else None)


def bad_annotations(world):
    for key, value, message in (("wasmrun.max-memroy", "1M", "did you mean 'max-memory'?"),
                                ("wasmrun.max-memory", "lots", "is 'lots', which is not a size"),
                                ("wasmrun.trust-key", "/k", "annotation 'wasmrun.trust-key'"),
                                ("wasmrun.dir", "/", "annotation 'wasmrun.dir'"),
                                ("wasmrun.engine", "fast", "is 'fast', which is not one of"),
                                ("wasmrun.engine", "compile", "cannot be 'compile'")):
        bundle = world.make_bundle("badnote", ["/container.wasm"], ["container.wasm"],
                                   annotations={key: value})
        wrong = fails(world, message, "create", "--bundle", bundle, "a")
        if wrong:
            return f"{key}={value}: {wrong}"
        shutil.rmtree(bundle)
    return None


def bad_settings(world):
    usual = world.wrapper
    path = world.folder / "bad-runtime.json"
    try:
        world.wrapper = world.make_wrapper("bad-runtime", {"runtme": "runc"})
        wrong = fails(world, "unknown setting 'runtme'", "state", "a")
        world.wrapper = world.make_wrapper("bad-runtime", {"options": {"engine": 1}})
        wrong = wrong or fails(world, "option 'engine' is not a string", "state", "a")
        world.wrapper = world.make_wrapper("bad-runtime", {"options": {"trust-key": "/k"}})
        wrong = wrong or fails(world, "option 'trust-key' is not known", "state", "a")
        world.wrapper = world.make_wrapper("bad-runtime", {"options": {"engine": "compile"}})
        wrong = wrong or fails(world, "option 'engine' cannot be 'compile'", "state", "a")
        world.wrapper = world.make_wrapper("bad-runtime", {"trust-keys": ["/nowhere/key"]})
        wrong = wrong or fails(world, "'trust-keys': /nowhere/key", "state", "a")
        path.chmod(0o666)
        wrong = wrong or fails(world, "a file of root or of this user that no other can write", "state", "a")
        path.unlink()
        return wrong or fails(world, "No such file or directory", "state", "a")
    finally:
        world.wrapper = usual


def bad_id(world):
    bundle = world.make_bundle("badid", ["/container.wasm"], ["container.wasm"])
    return fails(world, "invalid container id '../../x'", "create", "--bundle", bundle, "../../x")


# ---- What goes on -------------------------------------------------------------------------

def adapted(world, args):
    """The base runtime got the process with these arguments behind the program."""
    config = json.loads(seen(world, "config") or "{}")
    got = config.get("process", {}).get("args")
    return None if got == ["/proc/self/fd/3", *args] else f"process.args: {got}"


def passed_on(world, *words):
    done = world.run(world.wrapper, *words)
    got = seen(world, "words").splitlines()
    want = [str(word) for word in words]
    return done.wrong() or (None if got == want else f"{got}, not {want}")


def native_passes_untouched(world):
    """Also with a pod's annotations, and where the file is a script."""
    for content in (b"\x7fELF" + bytes(60), b"#!/bin/sh\n", b"text"):
        for note in ("compat", "compat-smart"):
            if (content, note) == (b"text", "compat"):
                continue
            bundle = world.make_bundle("native", ["/app"], [("app", content)],
                                       annotations={"module.wasm.image/variant": note})
            wrong = passed_on(world, "--root", "/r", "--systemd-cgroup", "create", "--bundle", bundle,
                              "--pid-file", "/tmp/p", "a")
            if wrong:
                return wrong
            before, after = (bundle / "config.json").read_text(), seen(world, "config")
            if before != after:
                return f"the configuration changed: {after}"
            shutil.rmtree(bundle)
    return f"left behind: {world.left()}" if world.left() else None


def other_commands_pass(world):
    for words in (["start", "a"], ["--debug", "--unknown", "value", "kill", "a", "TERM"],
                  ["--criu=/x", "ps", "--format", "json", "a"], ["update", "--memory", "1", "a"],
                  ["pause", "a"], ["resume", "a"], ["exec", "nobody", "/bin/x", "--flag"],
                  ["--cgroup-manager", "cgroupfs", "list"], ["delete", "--force", "a"]):
        wrong = passed_on(world, *words)
        if wrong:
            return wrong
    return None


def the_bundle_is_adapted(world):
    """Relative paths are absolute, hooks go through wasmrun, all else is as it was."""
    hook = {"path": "/bin/hook", "args": ["hook", "x"], "timeout": 3}
    limits = [{"type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 9223372036854775808}]
    extra = {"hooks": {"createRuntime": [hook], "startContainer": [hook]},
             "mounts": [{"destination": "/data", "type": "bind", "source": "data", "options": ["bind"]},
                        {"destination": "/proc", "type": "proc", "source": "proc"}],
             "linux": {"future": [1, -9223372036854775808, 2.5, "12345678901234567890"]},
             "unknown": {"a": "\u0001\\\" 123456789012345678901234567890", "b": None}}
    bundle = world.make_bundle("adapted", ["container.wasm", "a"], ["container.wasm"], **extra)
    config = json.loads((bundle / "config.json").read_text())
    config["process"] |= {"rlimits": limits, "cwd": "/"}
    config["annotations"] = {"module.wasm.image/variant": "compat", "other": "kept"}
    (bundle / "config.json").write_text(json.dumps(config))
    done = world.run(world.wrapper, "--root", "relative", "create", "--bundle", "adapted",
                     "--pid-file", "pid", "a", cwd=world.folder)
    got = json.loads(seen(world, "config") or "{}")
    words = seen(world, "words").splitlines()
    world.run(world.wrapper, "--root", "relative", "delete", "a", cwd=world.folder)
    config["process"]["args"].insert(0, "/proc/self/fd/3")
    config["root"]["path"] = str(bundle / "rootfs")
    config["mounts"][0]["source"] = str(bundle / "data")
    del config["annotations"]["module.wasm.image/variant"]
    own = got.get("hooks", {}).get("createRuntime", [{}])[0]
    config["hooks"]["createRuntime"] = [{"path": own.get("path"), "timeout": 3,
        "args": ["wasmrun-oci", "hook", str(bundle), "/bin/hook", "hook", "x"]}]
    if "--pid-file" not in words or "pid" not in words or words[:3] != ["--root", "relative", "create"]:
        return f"words: {words}"
    return done.wrong() or (None if got == config else f"got {got}\nnot {config}")


def descriptors_come_after_others(world):
    bundle = world.make_bundle("fds", ["/container.wasm"], ["container.wasm"])
    world.environment["LISTEN_FDS"] = "2"
    try:
        done = world.run(world.wrapper, "create", "--preserve-fds=1", "--bundle", bundle, "a")
    finally:
        del world.environment["LISTEN_FDS"]
    process = json.loads(seen(world, "config") or "{}").get("process", {})
    if process.get("args", [""])[0] != "/proc/self/fd/6" or "LISTEN_FDS=2" not in process["env"]:
        return f"{process}"
    words = seen(world, "words").splitlines()
    return done.wrong() or (None if words[words.index("--preserve-fds") + 1] == "5" else f"{words}")


def modules_are_found(world):
    """By PATH, in the working directory, through a bind mount, past an entry that is not there."""
    module = (world.guests / "container.wasm").read_bytes()
    bundle = world.make_bundle("found", [], [("bin/tool", module), ("work/app.wasm", module)])
    (bundle / "volume").mkdir()
    (bundle / "volume" / "v.wasm").write_bytes(module)
    mounts = [{"destination": "/volume", "type": "none", "source": "volume", "options": ["rbind"]}]
    config = json.loads((bundle / "config.json").read_text()) | {"mounts": mounts}
    for args, cwd in ((["tool"], "/"), (["/sbin/docker-init", "--", "tool"], "/"), (["./app.wasm"], "/work"), (["app.wasm"], "/work"),
                      (["/work/../bin//./tool"], "/"), (["/volume/v.wasm"], "/")):
        config["process"] = {"args": args, "cwd": cwd, "env": ["PATH=/sbin::/bin"]}
        (bundle / "config.json").write_text(json.dumps(config))
        done = world.run(world.wrapper, "create", "--bundle", bundle, "a")
        if args[0].endswith("init"):
            got = json.loads(seen(world, "config"))["process"]["args"]
            wrong = None if got == [*args[:2], "/proc/self/fd/3", *args[2:]] else f"{got}"
        else:
            wrong = done.wrong() or adapted(world, args)
        if wrong:
            return f"{args}: {wrong}"
        world.run(world.wrapper, "delete", "a")
    return None


def state_names_the_given_bundle(world):
    bundle = world.make_bundle("states", ["/container.wasm"], ["container.wasm"],
                               annotations={"run.oci.handler": "wasm"})
    world.run(world.wrapper, "create", "--bundle", bundle, "known1")
    done = world.run(world.wrapper, "state", "known1")
    state = json.loads(done.stdout or "{}")
    if state.get("bundle") != str(bundle) or state.get("more") != 18446744073709551615 or \
            state.get("annotations") != {"run.oci.handler": "wasm"}:
        return f"{state}"
    wrong = done.wrong() or world.run(world.wrapper, "create", "--bundle", bundle, "known1").wrong(
        1, stderr="exists already")
    if wrong:
        return wrong
    wrong = world.run(world.wrapper, "delete", "known1").wrong()
    return wrong or (f"left behind: {world.left()}" if world.left() else None)


def exec_adapts_the_process(world):
    """The stand-in's container has this process's root."""
    module = world.folder / "exec.wasm"
    shutil.copy(world.guests / "container.wasm", module)
    file = world.folder / "process.json"
    process = {"args": [str(module), "x"], "cwd": "/", "env": [], "user": {"uid": 0, "gid": 0}}
    file.write_text(json.dumps(process))
    done = world.run(world.wrapper, "exec", "--detach", "--process", file, "known1")
    got = json.loads(seen(world, "process") or "{}")
    process["args"].insert(0, "/proc/self/fd/3")
    if done.status != 0 or got != process:
        return done.wrong() or f"{got}"
    words = ["exec", "--preserve-fds", "2", "--env", "A=b", "known1", "/proc/self/fd/3", str(module),
             "--flag"]
    done = world.run(world.wrapper, "exec", "--env", "A=b", "known1", module, "--flag")
    got = seen(world, "words").splitlines()
    wrong = done.wrong() or (None if got == words else f"{got}")
    return wrong or passed_on(world, "exec", "known1", "/bin/sh", "-c", "exit 3")


def hooks_are_told_the_given_bundle(world):
    hook = world.folder / "hook"
    hook.write_text('#!/bin/sh\nprintf "%s " "$0" "$@"; cat\n')
    hook.chmod(0o755)
    state = world.folder / "hook-state.json"
    state.write_text('{"id": "a", "bundle": "/adapted", "pid": 18446744073709551615}')
    with state.open() as stdin:
        done = subprocess.run([world.static, "hook", "/given", str(hook), "name", "x"], stdin=stdin,
                              capture_output=True, text=True)
    want = f'{hook} x {{"id":"a","bundle":"/given","pid":18446744073709551615}}'
    return None if done.stdout == want and done.returncode == 0 else f"{done}"


def the_settings_in_deploy(world):
    folder = DEPLOY / "wasmrun" / "oci.json"
    json.loads((DEPLOY / "docker" / "daemon.json").read_text())
    done = world.run(world.host, "oci", "--wasmrun-settings", folder, "--help")
    return done.wrong(stdout="wasmrun oci")


def features_and_version(world):
    done = world.run(world.wrapper, "features")
    features = json.loads(done.stdout or "{}")
    if "wasmrun.version" not in features.get("annotations", {}) or "ociVersionMin" not in features:
        return f"{done.stdout}"
    done = world.run(world.wrapper, "--version")
    return done.wrong(stdout="wasmrun-oci version ")


def a_name_alone_is_no_container(world):
    """Without sealed settings behind it, the name of a descriptor means nothing."""
    done = subprocess.run(["/proc/self/fd/3", "--version"], executable=world.static,
                          capture_output=True, text=True)
    return None if done.stdout.startswith("wasmrun ") else f"{done}"


CHECKS = [no_config, no_bundle, invalid_json, missing_module, link_out_of_the_root,
          link_inside_the_root, invalid_module, no_base_runtime, a_base_that_fails, bad_annotations,
          bad_settings, bad_id, native_passes_untouched, other_commands_pass, the_bundle_is_adapted,
          descriptors_come_after_others, modules_are_found, state_names_the_given_bundle,
          exec_adapts_the_process, hooks_are_told_the_given_bundle,
          the_settings_in_deploy, features_and_version,
          a_name_alone_is_no_container]
