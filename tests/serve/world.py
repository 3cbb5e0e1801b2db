"""A running `wasmrun serve`, and clients that say exactly what they mean."""
import http.client
import os
import re
import signal
import socket
import subprocess
import threading
import time

PATIENCE_S = 20


def environment_of(given):
    """Sanitizers keep little of what was freed, so that memory that grows is seen."""
    environment = dict(os.environ if given is None else given)
    environment["ASAN_OPTIONS"] = ":".join(filter(None, [environment.get("ASAN_OPTIONS"), "quarantine_size_mb=8"]))
    return environment


class Server:
    """The server in the background, at a port of its own. Its log is in `log()` once it ended."""

    def __init__(self, programs, *arguments, log="text", environment=None, address="127.0.0.1:0", loops="1"):
        self.process = subprocess.Popen(
            [str(programs / "wasmrun"), "serve", "--addr", address, "--loops", loops,
             "--access-log", log, *map(str, arguments)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment_of(environment))
        self.lines = []
        self.sanitized = programs.parent.name in ("dev", "tsan")
        while True:
            line = self.process.stderr.readline().decode()
            self.lines.append(line)
            found = re.search(r"serving at \w+://127.0.0.1:(\d+)/", line)
            if found or "serving at unix" in line:
                self.port = int(found[1]) if found else 0
                break
            if not line and self.process.wait(PATIENCE_S) is not None:
                raise AssertionError(f"the server did not start: {''.join(self.lines)}")

        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        """A log that nobody reads would lose lines."""
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()

    def end(self, number=signal.SIGTERM):
        """Its status and its log."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_S)
        self.reader.join()
        return self.process.returncode, "".join(self.lines)

    def connect(self):
        made = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def raw(self, data, close=True):
        """All that the server says to these bytes, until it closes or the last answer is whole."""
        with self.connect() as made:
            made.sendall(data)
            if close:
                made.shutdown(socket.SHUT_WR)
            return read_all(made)

    def ask(self, method, path, body=None, **fields):
        """Status, fields and body of an answer."""
        made = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            made.request(method, path, body=body, headers={k.replace("_", "-"): v for k, v in fields.items()})
            answer = made.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
        finally:
            made.close()

    def memory_kib(self):
        """Resident. Sanitizers keep what was freed, and shadows of all: theirs counts a tenth."""
        with open(f"/proc/{self.process.pid}/status") as file:
            size = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
        return size // 10 if self.sanitized else size


def read_all(made):
    data = b""
    try:
        while piece := made.recv(65536):
            data += piece
    except ConnectionResetError:
        data += b"<reset>"
    return data


def wait_for(condition, what):
    for _ in range(int(PATIENCE_S * 20)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE_S} s")


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r} instead of {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def curl(*arguments, data=None):
    """What it prints, or its error."""
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, input=data)
    return done.stdout if done.returncode == 0 else f"curl: {done.returncode} {done.stderr}".encode()
