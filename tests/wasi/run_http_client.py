#!/usr/bin/env python3
"""Requests that a component sends by wasi:http/outgoing-handler, to a server here.

usage: run_http_client.py --wasmrun PROGRAM --client http_client.wasm
"""
import argparse
import http.server
import subprocess
import sys
import threading

TIMEOUT_S = 30


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/cut":
            self.answer(200, b"x" * 10, 1000)
            self.close_connection = True
        elif self.path == "/again":
            self.send_response(302)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer(203, f"got {self.path} {self.headers['x-test']}\n".encode() * 20000)

    def do_POST(self):
        size = 0
        while (piece := int(self.rfile.readline(), 16)) > 0:
            self.rfile.read(piece)
            self.rfile.readline()
            size += piece
        self.rfile.readline()
        self.answer(200, f"posted {size}\n".encode())

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


# What is asked, under which rules, and what is said of it. PORT is the server's; nobody listens at port 9.
CHECKS = {
    "a large body": ("GET", "127.0.0.1:PORT", "/p?q", "connect=127.0.0.1:*",
                     "status 203\n300000 bytes, whole: True\ngot /p?q value\ngot /p?q\n"),
    "by name": ("GET", "localhost:PORT", "/p", "connect=localhost:*",
                "status 203\n260000 bytes, whole: True\ngot /p value\ngot /p valu\n"),
    "a large body of a request": ("POST", "127.0.0.1:PORT", "/", "connect=127.0.0.1:*",
                                  "status 200\n14 bytes, whole: True\nposted 300300\n"),
    "a body that breaks off": ("GET", "127.0.0.1:PORT", "/cut", "connect=127.0.0.1:*",
                               "status 200\n10 bytes, whole: False\nxxxxxxxxxx\n"),
    "no redirection": ("GET", "127.0.0.1:PORT", "/again", "connect=127.0.0.1:*",
                       "status 302\n0 bytes, whole: True\n\n"),
    "nobody there": ("GET", "127.0.0.1:9", "/", "connect=127.0.0.1:*",
                     "failed: ErrorCode::ConnectionRefused\n"),
    "no rule": ("GET", "127.0.0.1:PORT", "/", "connect=192.0.2.1:*",
                "refused: ErrorCode::HttpRequestDenied\n"),
    "a rule for another port": ("GET", "127.0.0.1:PORT", "/", "connect=127.0.0.1:1",
                                "refused: ErrorCode::HttpRequestDenied\n"),
    "a name without a rule": ("GET", "localhost:PORT", "/", "connect=127.0.0.1:*",
                              "refused: ErrorCode::HttpRequestDenied\n"),
}


def check(wasmrun, client, method, authority, path, rule, expected):
    """What was wrong, or None."""
    server = serve()
    try:
        authority = authority.replace("PORT", str(server.server_address[1]))
        done = subprocess.run([wasmrun, "run", "--net", rule, client, method, authority, path],
                              capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    finally:
        server.shutdown()
        server.server_close()
    said = done.stdout.replace("whole: true", "whole: True").replace("whole: false", "whole: False")
    if done.returncode != 0 or said != expected:
        return f"status {done.returncode}, {said!r} instead of {expected!r}: {done.stderr[-300:]}"
    return None


def checks(wasmrun, client):
    return [(name, lambda row=row: check(wasmrun, client, *row)) for name, row in CHECKS.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmrun", required=True)
    parser.add_argument("--client", required=True)
    arguments = parser.parse_args()
    failed = 0
    for name, run in checks(arguments.wasmrun, arguments.client):
        wrong = run()
        failed += wrong is not None
        print(f"{'FAILED' if wrong else 'passed'} {name}{': ' + wrong if wrong else ''}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
