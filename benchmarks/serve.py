#!/usr/bin/env python3
"""What serving costs: requests a second and latencies of `wasmrun serve` on one core, asked by wrk from
another, beside `wasmtime serve` and nginx where they are found; the first answer of a cold process; memory.

usage: serve.py [--wasmrun PROGRAM] [--guests FOLDER] [--seconds N] [--rounds N] [--json]
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONNECTIONS = 16


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def pinned(core):
    """Words that keep a program on a core, where there are several."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[core % len(cores)])]


def wait_for(port):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.002)
    raise SystemExit(f"nothing listens at port {port}")


def memory_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def to_ms(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def ask(port, seconds):
    done = subprocess.run([*pinned(1), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
                           f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(f"wrong answers:\n{done}")
    return {"requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1]),
            "p50_ms": to_ms(re.search(r"50%\s+(\S+)", done)[1]), "p99_ms": to_ms(re.search(r"99%\s+(\S+)", done)[1])}


def measure(command, port, arguments):
    """The best round: others shared the machine with something."""
    process = subprocess.Popen([*pinned(0), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        idle = memory_kib(process.pid)
        rounds = [ask(port, arguments.seconds) for _ in range(arguments.rounds)]
        best = max(rounds, key=lambda r: r["requests_per_second"])
        return {**best, "idle_kib": idle, "after_kib": memory_kib(process.pid)}
    finally:
        process.terminate()
        process.wait()


def first_answer(command, port):
    """From the start of the process to its first answer, in ms; the median of 15."""
    times = []
    for _ in range(15):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as made:
                    made.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    if made.recv(1000):
                        break
            except OSError:
                time.sleep(0.0002)
        times.append((time.monotonic() - start) * 1000)
        process.terminate()
        process.wait()
    return statistics.median(times)


def idle_connections(wasmrun, app):
    """KiB that 10,000 connections which wait take, after a request each."""
    import resource
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    count, port, made = min(10000, most - 100), free_port(), []
    process = subprocess.Popen([wasmrun, "serve", "--addr", f"127.0.0.1:{port}", "--access-log", "none", app],
                               stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        before = memory_kib(process.pid)
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", port))
            one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            one.recv(1000)
            made.append(one)
        return {"connections": count, "kib": memory_kib(process.pid) - before}
    finally:
        process.terminate()
        process.wait()
        for one in made:
            one.close()


def nginx_command(nginx, folder, port):
    (folder / "nginx.conf").write_text(f"""daemon off; worker_processes 1; pid {folder}/pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 100000000;
server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")
    return [nginx, "-e", "/dev/null", "-c", str(folder / "nginx.conf")]


def servers(arguments, folder):
    """Name and command of each that is found, for a port."""
    hello = pathlib.Path(arguments.guests) / "http_hello.wasm"
    native = folder / "hello.aot.wasm"
    subprocess.run([arguments.wasmrun, "compile", hello, "-o", native], check=True, capture_output=True)

    def wasmrun(*more):
        return lambda port: [arguments.wasmrun, "serve", "--addr", f"127.0.0.1:{port}", "--loops", "1",
                             "--access-log", "none", *map(str, more)]

    yield "wasmrun serve, CGI, native", wasmrun(native)
    yield "wasmrun serve, CGI, interpreted", wasmrun("--engine", "interp", hello)
    (folder / "index.html").write_text("Hello\n")
    yield "wasmrun serve, a file", wasmrun("--static", folder)
    proxy = arguments.component
    wasmtime = shutil.which("wasmtime")
    if proxy and os.path.exists(proxy):
        yield "wasmrun serve, component", wasmrun(proxy)
        yield "wasmrun serve, component, reused", wasmrun("--reuse", "1000", proxy)
        if wasmtime:
            yield "wasmtime serve, component, pooled", lambda port: [
                wasmtime, "serve", "-O", "pooling-allocator=y", "--addr", f"127.0.0.1:{port}", proxy]
    nginx = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)
    if nginx:
        yield "nginx, a file", lambda port: nginx_command(nginx, folder, port)


def main():
    build = ROOT / "build" / "release"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wasmrun", default=str(build / "bin" / "wasmrun"))
    parser.add_argument("--guests", default=str(build / "guests"))
    parser.add_argument("--component", help="a wasi:http component to serve too")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing; as root: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # a server may give up its rights
        folder = pathlib.Path(name)
        report = {"servers": {}}
        for label, command in servers(arguments, folder):
            port = free_port()
            report["servers"][label] = measure(command(port), port, arguments)
        native = folder / "hello.aot.wasm"
        port = free_port()
        report["first_answer_ms"] = first_answer(
            [arguments.wasmrun, "serve", "--addr", f"127.0.0.1:{port}", "--access-log", "none", str(native)], port)
        report["idle"] = idle_connections(arguments.wasmrun, str(native))
    if arguments.json:
        json.dump(report, sys.stdout, indent=2)
        print()
        return
    for label, r in report["servers"].items():
        print(f"{label:36} {r['requests_per_second']:9.0f} requests/s  p50 {r['p50_ms']:6.2f} ms  "
              f"p99 {r['p99_ms']:6.2f} ms  idle {r['idle_kib'] / 1024:5.1f} MB")
    print(f"first answer of a cold process: {report['first_answer_ms']:.1f} ms; {report['idle']['connections']} idle "
          f"connections: {report['idle']['kib'] / 1024:.1f} MB")


if __name__ == "__main__":
    main()
