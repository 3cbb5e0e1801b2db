"""Routes, files, logs, metrics, and the life of the server."""
import concurrent.futures
import json
import re
import shutil
import signal
import socket
import subprocess
import time

from .world import PATIENCE_S, Server, holds, read_all, same, wait_for


def routes(w):
    with w.server("--route", f"/a/*={w.guest},method=GET|PUT", "--route", f"/a/{{x}}/y={w.guest}",
                  "--route", f"/a/b/y={w.guest},env=EXACT=1", alone=True) as server:
        same(server.ask("GET", "/a")[2], b"GET ?\n", "the beginning of an app")
        same(server.ask("GET", "/a/q/r")[2], b"GET /q/r?\n", "beneath it")
        status, fields, _ = server.ask("POST", "/a/q")
        same((status, fields["allow"]), (405, "GET, PUT"), "another method")
        same(server.ask("HEAD", "/a/q")[0], 200, "HEAD where GET is")
        same(server.ask("POST", "/a/1/y")[2], b"POST ?\n", "a parameter before a star")
        same(server.ask("GET", "/other")[0], 404, "no route")
    holds("not a route" in w.fails("--route", f"a={w.guest}"), "a bad pattern")
    holds("did you mean 'timeout'" in w.fails("--route", f"/={w.guest},timout=1s"), "a bad option")


def files(w):
    site = w.folder / "site"
    (site / "sub").mkdir(parents=True, exist_ok=True)
    (site / "index.html").write_text("<p>home")
    (site / ".secret").write_text("no")
    (site / "sub" / "data.bin").write_bytes(bytes(range(256)) * 4000)
    if not (site / "out").is_symlink():
        (site / "out").symlink_to("/etc/passwd")
    with w.server("--static", site, alone=True) as server:
        status, fields, body = server.ask("GET", "/")
        same((status, body, fields["content-type"]), (200, b"<p>home", "text/html; charset=utf-8"), "a folder")
        status, fields, body = server.ask("GET", "/sub/data.bin")
        same((status, len(body), body[:256]), (200, 1024000, bytes(range(256))), "a file")
        same(server.ask("GET", "/sub/data.bin", If_None_Match=fields["etag"])[0], 304, "unchanged")
        for text, status, size in [("bytes=0-9", 206, 10), ("bytes=1023990-", 206, 10), ("bytes=-7", 206, 7),
                                   ("bytes=2000000-", 416, 0), ("bytes=x", 200, 1024000), ("lines=1", 200, 1024000)]:
            got = server.ask("GET", "/sub/data.bin", Range=text)
            same((got[0], len(got[2])), (status, size), text)
        for path in ("/nowhere", "/.secret", "/out", "/sub", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd"):
            same(server.ask("GET", path)[0], 404, path)
        same(server.ask("POST", "/")[0], 405, "POST")
        same(server.ask("HEAD", "/sub/data.bin")[1]["content-length"], "1024000", "HEAD")


def configuration(w):
    shutil.copy(w.guest, w.folder / "copy.wasm")
    (w.folder / "page").mkdir(exist_ok=True)
    (w.folder / "page" / "index.html").write_text("page")
    path = w.write("serve.toml", """
# everything in one file
access-log = "json"
drain = "1s"
[[app]]
name = "first"
module = "copy.wasm"          # beside this file
env = ["A=1", 'B=2',]
max-memory = "16M"
timeout = "2s"
[[route]]
path = "/first/*"
app = "first"
method = ["GET", "POST"]
[[route]]
path = "/*"
static = "page"
""")
    with w.server("--config", path, alone=True, log="json") as server:
        body = server.ask("GET", "/first/env")[2]
        holds(b"A=1\n" in body and b"B=2\n" in body, body)
        same(server.ask("GET", "/")[2], b"page", "a folder")
        _, log = server.end()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        same((lines[0]["app"], lines[0]["status"], lines[0]["method"]), ("first", 200, "GET"), "a line of the log")
        holds(lines[0]["duration_us"] > 0 and lines[0]["memory_bytes"] >= 65536, lines[0])
    for text, wanted in [("x = 1", "unknown setting 'x'"), ("[[app]]\nname = 'a'", "name and module"),
                         ("[[route]]\npath = '/'", "needs an app or static"),
                         ("[[route]]\npath = '/'\napp = 'b'", "there is no app 'b'"),
                         ("[other]", "unknown table 'other'"), ("addr = ", "not TOML"), ("dev = 3", "neither true"),
                         ("addr = {a = 1}", "not a text"), ("drain = \"x\\q\"", "not a text")]:
        log = w.fails("--config", w.write("bad.toml", text + "\n"))
        holds(wanted in log, f"{text!r}: {log}")


def log(w):
    file = w.folder / "access.log"
    with w.server("--log-file", file) as server:
        server.ask("GET", "/x\"y", User_Agent="\"evil\xff")
        server.ask("GET", "/trap")
        server.raw(b"nonsense\r\n\r\n")
        old = w.folder / "access.log.1"
        file.rename(old)
        server.process.send_signal(signal.SIGHUP)
        wait_for(file.exists, "the log under its name again")
        server.ask("GET", "/after")
        server.end()
        text = old.read_text()
        holds(re.search(r'^\S+Z 127.0.0.1 "GET /x\\"y HTTP/1.1" 200 \d+ [\d.]+ms \d+K [0-9a-f]{16}$', text, re.M), text)
        holds(re.search(r"^\S+Z [0-9a-f]{16} cgi trap: unreachable$", text, re.M), text)
        holds("refused 400" in text and "evil" not in text, text)
        holds("/after" in file.read_text(), "the new file")
    with w.server("--log-file", "/dev/full") as server:
        same(server.ask("GET", "/x")[0], 200, "a full disk for the log")


def metrics(w):
    port = w.free_port()
    with w.server("--metrics", f"127.0.0.1:{port}", "--timeout", "300ms") as server:
        for path in ("/x", "/x", "/trap", "/loop"):
            server.ask("GET", path)
        own = server.port
        server.port = port
        status, fields, body = server.ask("GET", "/metrics")
        text = body.decode()
        holds(status == 200 and fields["content-type"].startswith("text/plain; version=0.0.4"), fields)
        for line in ('wasmrun_requests_total{route="/*",status="2xx"} 2', 'wasmrun_requests_total{route="/*",status="5xx"} 2',
                     'wasmrun_failures_total{app="cgi"} 1', 'wasmrun_timeouts_total{app="cgi"} 1',
                     'wasmrun_request_duration_seconds_count{route="/*"} 4', 'wasmrun_instances{app="cgi"} 0'):
            holds(line in text, f"{line} is not in {text}")
        for line in text.splitlines():
            holds(re.fullmatch(r"# (HELP|TYPE) \w+ .*|\w+(\{.*\})? [-+.\deInf]+", line), line)
        same((server.ask("GET", "/health")[0], server.ask("GET", "/ready")[0], server.ask("GET", "/x")[0]),
             (200, 200, 404), "health, ready, others")
        server.port = own


def drain(w):
    """SIGTERM: what is under way is answered, idle connections close, nothing new is taken."""
    with w.server() as server:
        idle, busy = server.connect(), server.connect()
        idle.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        holds(idle.recv(4096).startswith(b"HTTP/1.1 200"), "before")
        busy.sendall(b"GET /nap?700 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        same(read_all(idle), b"", "an idle connection")
        answer = read_all(busy)
        holds(answer.startswith(b"HTTP/1.1 200") and b"awake" in answer and b"Connection: close" in answer, answer)
        status, _ = server.end()
        same(status, 0, "status")
    with w.server("--drain", "300ms") as server, server.connect() as made:
        made.sendall(b"GET /nap?20000 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        start = time.monotonic()
        status, _ = server.end()
        same(status, 0, "status at the end of patience")
        holds(time.monotonic() - start < 3, "it waited too long")


def reload(w):
    """New code for new requests, and none is lost."""
    app = w.folder / "app.wasm"
    programs = [w.answering("old"), w.answering("new")]
    app.write_bytes(programs[0])
    with Server(w.programs, "--watch", app) as server:
        same(server.ask("GET", "/")[2], b"old", "before")
        stop = False

        def ask_on():
            seen = set()
            while not stop:
                status, _, body = server.ask("GET", "/")
                seen.add((status, body))
            return seen

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            asking = [pool.submit(ask_on) for _ in range(2)]
            try:
                for i in range(4):
                    beside = w.folder / "beside.wasm"
                    beside.write_bytes(programs[(i + 1) % 2])
                    beside.rename(app)
                    wanted = b"new" if i % 2 == 0 else b"old"
                    wait_for(lambda: server.ask("GET", "/")[2] == wanted, f"reload {i}")
                app.write_bytes(b"this is no module")
                server.process.send_signal(signal.SIGHUP)
                time.sleep(0.5)
            finally:
                stop = True
            for one in asking:
                same(one.result(), {(200, b"old"), (200, b"new")}, "answers meanwhile")
        same(server.ask("GET", "/")[2], b"old", "after a bad program")
        _, text = server.end()
        holds("not reloaded" in text, text)


def activation(w):
    """A socket that a service manager gives."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        code = (f"import os; os.dup2({listener.fileno()}, 3); os.environ.update(LISTEN_FDS='1', "
                f"LISTEN_PID=str(os.getpid())); os.execv({str(w.programs / 'wasmrun')!r}, "
                f"['wasmrun', 'serve', {str(w.guest)!r}])")
        process = subprocess.Popen(["python3", "-c", code], pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as made:
                made.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                holds(read_all(made).endswith(b"GET /x?\n"), "an answer")
        finally:
            process.terminate()
            same(process.wait(PATIENCE_S), 0, "status")


def local(w):
    path = w.folder / "serve.sock"
    with w.server(address=f"unix:{path}"):
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(str(path))
            made.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            holds(read_all(made).endswith(b"GET /x?\n"), "an answer")


def idle(w):
    """10,000 connections that wait."""
    import resource
    count = min(10000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    made = []
    try:
        with w.server() as server:
            server.ask("GET", "/x")
            start = server.memory_kib()
            for _ in range(count):
                one = server.connect()
                one.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                made.append(one)
                if len(made) % 100 == 0:
                    for last in made[-100:]:
                        last.recv(4096)
            grown = server.memory_kib() - start
            holds(grown < 40 << 10, f"{count} connections take {grown} KiB")
            same(server.ask("GET", "/x")[0], 200, "one more")
    finally:
        for one in made:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


CHECKS = [routes, files, configuration, log, metrics, drain, reload, activation, local, idle]
