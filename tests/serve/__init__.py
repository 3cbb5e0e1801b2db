"""Tests of `wasmrun serve`: a real server, clients of the standard library, and curl."""
import pathlib
import socket
import subprocess
import tempfile

from . import components, examples, guests, http1, http2, operations
from .world import Server

PARTS = {"http1": http1, "http2": http2, "guests": guests, "components": components, "operations": operations, "examples": examples}


class World:
    """What the checks share: programs, a guest, a folder of their own."""

    def __init__(self, programs, guest, folder):
        self.programs, self.guest, self.folder = pathlib.Path(programs), pathlib.Path(guest), folder

    def server(self, *arguments, alone=False, **options):
        """With the guest at every path, unless alone."""
        return Server(self.programs, *arguments, *([] if alone or "--route" in arguments else [self.guest]), **options)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def fails(self, *arguments):
        """What a server says that does not start."""
        done = subprocess.run([self.programs / "wasmrun", "serve", "--addr", "127.0.0.1:0",
                               *map(str, arguments), self.guest], capture_output=True, text=True, timeout=20)
        if done.returncode not in (1, 2):
            raise AssertionError(f"{arguments}: status {done.returncode}")
        return done.stderr

    def answering(self, text):
        """A program that answers this."""
        body = f"Content-Type: text/plain\\n\\n{text}"
        size = len(body) - 2
        wat = f"""(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\{size:02x}\\00\\00\\00{body}")
          (func (export "_start") (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 512)))))"""
        done = subprocess.run([self.programs / "wasmrun", "wat2wasm", "-", "-o", "-"], input=wat.encode(),
                              capture_output=True, check=True)
        return done.stdout

    @staticmethod
    def free_port():
        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            return made.getsockname()[1]


def checks(programs, guest):
    """Name and function of each; the function says what was wrong, or None."""
    def run(check):
        try:
            with tempfile.TemporaryDirectory() as folder:
                check(World(programs, guest, pathlib.Path(folder)))
        except (AssertionError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        return None

    return [(f"{part}/{check.__name__}", lambda check=check: run(check))
            for part, module in PARTS.items() for check in module.CHECKS]
