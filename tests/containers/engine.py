"""What the checks of podman and of containerd share: the image that both run, built by buildah."""
import pathlib
import shutil

from .world import Skip, need_tools, open_files_limit

GUESTS = ["container.wasm", "spin.wasm", "trap.wasm", "memory.wasm", "http_server.wasm"]
DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
CONF = """
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=1000:1000"]
"""


def configuration(name, runtime):
    """A file of deploy/, for the test's runtime instead of the installed one."""
    text = (DEPLOY / name).read_text()
    assert "/usr/local/bin/wasmrun-oci" in text, name
    return text.replace("/usr/local/bin/wasmrun-oci", runtime)


class Storage:
    """Images in the world's folder; `words` say so to buildah and podman."""

    def __init__(self, world):
        need_tools("buildah", "podman", "runc")
        self.world = world
        conf = world.folder / "containers.conf"
        world.runtime = world.make_wrapper("wasmrun-oci", {"runtime": "runc"})
        conf.write_text(configuration("podman/wasmrun.conf", world.runtime) +
                        CONF.format(files=open_files_limit()))
        world.environment["CONTAINERS_CONF"] = str(conf)
        world.environment["TMPDIR"] = str(world.folder)
        self.context = world.folder / "context"
        self.context.mkdir()
        for name in GUESTS:
            shutil.copy(world.guests / name, self.context)
        shutil.copy("/bin/busybox", self.context)
        for driver in ("overlay", "vfs"):
            self.words = ["--root", world.folder / "storage", "--runroot", world.folder / "run",
                          "--storage-driver", driver]
            done = self.build("programs", "FROM scratch\nADD *.wasm /\nADD busybox /bin/sh\n"
                              'CMD ["/container.wasm", "default"]\n')
            if done.status == 0:
                return
        raise Skip(f"buildah cannot build an image here: {done.stderr.strip()[-300:]}")

    def build(self, tag, containerfile):
        (self.context / "Containerfile").write_text(containerfile)
        return self.world.run("buildah", *self.words, "build", "--annotation",
                              "module.wasm.image/variant=compat", "-t", tag, self.context)

    def end(self):
        """Unmounts what podman left mounted."""
        self.world.run("podman", *self.words, "rm", "-fa")
        self.world.run("umount", self.world.folder / "storage" / "overlay")
