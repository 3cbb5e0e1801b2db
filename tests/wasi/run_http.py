#!/usr/bin/env python3
"""Serves HTTP from a guest over the socket extension, and asks it.

usage: run_http.py --wasmrun PROGRAM --server http_server.wasm
"""
import argparse
import http.client
import re
import subprocess
import sys

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
