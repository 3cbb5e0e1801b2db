#!/usr/bin/env python3
"""Serves HTTP from a guest over the socket extension, and asks it.

usage: run_http.py --wasmrun PROGRAM --server http_server.wasm
"""
import argparse
import http.client
import re
import socket
import subprocess
import sys
import time

CONNECTIONS = 64
REQUESTS_EACH = 20
TIMEOUT_S = 20


def start(wasmrun, server, rule, *arguments):
    return subprocess.Popen([wasmrun, "--log", *rule, server, *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ask(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read()


def check_server(wasmrun, server, host):
    """What was wrong, or None."""
    bracketed = f"[{host}]" if ":" in host else host
    process = start(wasmrun, server, ["--net", f"listen={bracketed}:*"], host, "0")
    try:
        line = process.stdout.readline()
        match = re.search(r"port (\d+)", line)
        if not match:
            return f"it said {line!r}, {process.stderr.read()!r}"
        connections = [http.client.HTTPConnection(host, int(match[1]), timeout=TIMEOUT_S)
                       for _ in range(CONNECTIONS)]
        for _ in range(REQUESTS_EACH):
            for connection in connections:
                answer = ask(connection, "/")
                if answer != (200, b"Hello from WebAssembly!\n"):
                    return f"it answered {answer}"
        status = ask(connections[0], "/nowhere")[0]
        if status != 404:
            return f"an unknown page has status {status}"
        for connection in connections:
            connection.close()
    finally:
        process.kill()
        process.communicate()
    return None


class Server:
    """On IPv4, with a second of patience."""

    def __init__(self, wasmrun, server):
        self.process = start(wasmrun, server, ["--net", "listen=127.0.0.1:*"], "127.0.0.1", "0", "1")
        line = self.process.stdout.readline()
        self.port = int(re.search(r"port (\d+)", line)[1])

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)

    def talk(self, *pieces):
        """All that comes until the server closes; the pieces are sent one by one."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.002)
            got = b""
            while more := connection.recv(65536):
                got += more
            return got


# A request, and the first line of its answer, after which the server closes.
CLOSING = [
    (b"GET / HTTP/1.0\r\n\r\n", 200),
    (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200),
    (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive, CLOSE\r\n\r\n", 200),
    (b"\r\nGET /?q=1 HTTP/1.0\r\nX:\r\n\r\n", 200),
    (b"HEAD / HTTP/1.0\r\n\r\n", 200),
    (b"DELETE / HTTP/1.0\r\n\r\n", 405),
    (b"GET /no HTTP/1.0\r\n\r\n", 404),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /\r\n\r\n", 400),
    (b"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n", 413),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 20, 413),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
    (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 431),
    (b"POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", 200),
]


def check_requests(wasmrun, server):
    """Each alone, in one piece and byte by byte (the short ones)."""
    with Server(wasmrun, server) as s:
        for request, status in CLOSING:
            pieces = [request[i:i + 1] for i in range(len(request))] if len(request) < 70 else None
            for way in [[request], pieces]:
                if way is None:
                    continue
                got = s.talk(*way)
                if not got.startswith(b"HTTP/1.1 %d " % status) or b"Connection: close" not in got:
                    return f"{request[:80]!r}: {got[:200]!r}"
        if not s.talk(CLOSING[4][0]).endswith(b"\r\n\r\n"):
            return "HEAD has a body"
        if not s.talk(CLOSING[-1][0]).endswith(b"\r\n\r\nabc"):
            return "the body does not come back"
    return None


def check_bodies(wasmrun, server):
    """Lengths and chunks on one connection, pipelined too."""
    with Server(wasmrun, server) as s:
        connection = http.client.HTTPConnection("127.0.0.1", s.port, timeout=TIMEOUT_S)
        for size in [0, 1, 8191, 8192, 8193, 100000, 1 << 20]:
            body = bytes(i * 7 & 255 for i in range(size))
            for chunked in [False, True]:
                pieces = [body[i:i + 30001] for i in range(0, size, 30001)]
                connection.request("POST", "/echo", iter(pieces) if chunked else body,
                                   encode_chunked=chunked,
                                   headers={"Transfer-Encoding": "chunked"} if chunked else {})
                response = connection.getresponse()
                if response.status != 200 or response.read() != body:
                    return f"{size} bytes, chunked {chunked}: {response.status}"
        chunks = b"4;a=b\r\nWiki\r\n0005\r\npedia\r\n0\r\nTrailer: x\r\n\r\n"
        head = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        got = s.talk(head + b"\r\n" + chunks + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" +
                     head + b"Connection: close\r\n\r\n" + chunks)
        if got.count(b"Wikipedia") != 2 or got.count(b"Hello") != 1 or got.count(b"HTTP/1.1 200") != 3:
            return f"pipelined: {got!r}"
        with s.connect() as waiting:
            waiting.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                            b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            if not waiting.recv(100).startswith(b"HTTP/1.1 100 "):
                return "it does not say that it is waiting for the body"
            waiting.sendall(b"ok")
            if not waiting.recv(1000).startswith(b"HTTP/1.1 200 "):
                return "no answer after 100"
    return None


def check_patience(wasmrun, server):
    """Clients that say nothing, half a request, or do not read hold up nobody, and not for ever."""
    with Server(wasmrun, server) as s:
        idle, half, deaf = s.connect(), s.connect(), s.connect()
        half.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        deaf.sendall((b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n" +
                      bytes(1 << 20)))
        begin = time.monotonic()
        if ask(http.client.HTTPConnection("127.0.0.1", s.port, timeout=TIMEOUT_S), "/")[0] != 200:
            return "another client is not answered"
        if time.monotonic() - begin > 0.9:
            return "another client had to wait"
        if idle.recv(100) != b"":
            return "an idle client is answered"
        if not half.recv(100).startswith(b"HTTP/1.1 408 "):
            return "half a request is not answered by 408"
        if time.monotonic() - begin > 8:
            return "it waits too long"
        for connection in [idle, half, deaf]:
            connection.close()
        many = [s.connect() for _ in range(300)]  # more than it has places
        late = ask(http.client.HTTPConnection("127.0.0.1", s.port, timeout=TIMEOUT_S), "/")[0]
        for connection in many:
            connection.close()
        return None if late == 200 else f"status {late} behind many idle clients"


def check_denied(wasmrun, server):
    process = start(wasmrun, server, ["--net", "listen=127.0.0.2:*"], "127.0.0.1", "18080")
    _, errors = process.communicate(timeout=TIMEOUT_S)
    if process.returncode != 1 or "denied: listen 127.0.0.1:18080" not in errors:
        return f"status {process.returncode}, {errors!r}"
    if "Permission denied" not in errors:
        return f"the guest was not told: {errors!r}"
    return None


def checks(wasmrun, server):
    """Pairs of a name and what to call for what was wrong."""
    return [("http over IPv4", lambda: check_server(wasmrun, server, "127.0.0.1")),
            ("http over IPv6", lambda: check_server(wasmrun, server, "::1")),
            ("requests", lambda: check_requests(wasmrun, server)),
            ("bodies", lambda: check_bodies(wasmrun, server)),
            ("patience", lambda: check_patience(wasmrun, server)),
            ("listening without a rule", lambda: check_denied(wasmrun, server))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmrun", required=True)
    parser.add_argument("--server", required=True)
    arguments = parser.parse_args()
    wrong = {name: check() for name, check in checks(arguments.wasmrun, arguments.server)}
    failed = {name: text for name, text in wrong.items() if text}
    for name, text in failed.items():
        print(f"FAILED {name}: {text}")
    print(f"{len(wrong) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
