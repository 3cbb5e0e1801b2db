"""What guests are given, what their answers become, and what they may cost."""
import concurrent.futures
import re
import time

from .world import holds, read_all, same


def variables(w):
    with w.server("--route", f"/app/{{id}}/*={w.guest},env=A=B,arg=one,host=www.example.com") as server:
        status, _, body = server.ask("GET", "/app/a%20b/env?q=1", Host="WWW.example.com:99", X_One="1",
                                     Cookie="c=d", Proxy="evil", Content_Type="t/p", traceparent="00-" + "1" * 32
                                     + "-" + "2" * 16 + "-01")
        same(status, 200, "status")
        got = dict(line.split("=", 1) for line in body.decode().splitlines())
        wanted = {"A": "B", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/app/a b", "PATH_INFO": "/env",
                  "QUERY_STRING": "q=1", "SERVER_NAME": "WWW.example.com", "REMOTE_ADDR": "127.0.0.1",
                  "SERVER_PORT": str(server.port), "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
                  "HTTP_X_ONE": "1", "HTTP_COOKIE": "c=d", "CONTENT_TYPE": "t/p", "PATH_PARAM_ID": "a b",
                  "X_MATCHED_ROUTE": "/app/{id}/*", "REQUEST_URI": "/app/a%20b/env?q=1"}
        same({name: got.get(name) for name in wanted}, wanted, "variables")
        holds("HTTP_PROXY" not in got and "HOME" not in got, "what was not given")
        holds(re.fullmatch(r"00-1{32}-[0-9a-f]{16}-01", got["HTTP_TRACEPARENT"]), got["HTTP_TRACEPARENT"])
        same(server.ask("GET", "/app/a/env", Host="other")[0], 404, "another host")


def answers(w):
    with w.server() as server:
        for path, status, body in [("/status", 404, b"no\n"), ("/location", 302, b""), ("/length", 200, b"hello"),
                                   ("/unread", 200, b"not read\n")]:
            got = server.ask("GET", path)
            same((got[0], got[2]), (status, body), path)
        same(server.ask("GET", "/location")[1]["location"], "/env", "Location")
        for path in ("/nothing", "/no-end", "/bad-head", "/split", "/exit", "/trap", "/too-long", "/too-short"):
            got = server.ask("GET", path)
            same((got[0], got[2]), (500, b"500 Internal Server Error\n"), path)
            holds("set-cookie" not in got[1], "a header that was smuggled in")
        broken = server.raw(b"GET /trap-late HTTP/1.1\r\nHost: a\r\n\r\n", close=False)
        holds(b"half" in broken and b"0\r\n\r\n" not in broken, f"a trap in the middle: {broken!r}")
        status, log = server.end()
        same(status, 0, "status of the server")
        for text in ("no head, or no empty line after it", "bad value of a field", "trap", "more than its Content-Length",
                     "less than its Content-Length", "the program failed without an answer"):
            holds(f"({text})" in log, f"the log does not say '{text}': {log}")


def streams(w):
    """Bodies pass while they are sent."""
    with w.server() as server, server.connect() as made:
        made.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        data = b""
        while b"one" not in data:
            data += made.recv(1000)
        made.sendall(b"3\r\ntwo\r\n")
        while b"two" not in data:
            data += made.recv(1000)
        made.sendall(b"0\r\n\r\n")
        while not data.endswith(b"0\r\n\r\n"):
            data += made.recv(1000)
        start = time.monotonic()
        made.sendall(b"GET /events?5 HTTP/1.1\r\nHost: a\r\n\r\n")
        data = b""
        while b"data: 0" not in data:
            data += made.recv(1000)
        holds(time.monotonic() - start < 0.4, "the first event came late")


def bodies(w):
    """64 MiB there and back, in little memory."""
    size = 64 << 20
    with w.server("--max-body", "100M", "--timeout", "60s") as server:
        server.ask("POST", "/count", b"x" * (1 << 20))
        before = server.memory_kib()
        with server.connect() as made:
            made.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size)

            def send():
                for _ in range(size >> 16):
                    made.sendall(b"y" * 65536)

            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                sent = pool.submit(send)
                time.sleep(0.3)  # nobody takes the answer: both sides have to wait
                got = 0
                while piece := made.recv(1 << 20):
                    got += len(piece)
                sent.result()
        holds(size < got < size * 1.01, f"{got} bytes came back")
        after = server.memory_kib()
        holds(after - before < 4096, f"memory grew from {before} to {after} KiB")


def budgets(w):
    with w.server("--timeout", "400ms", "--max-memory", "8M", "--concurrency", "2") as server:
        start = time.monotonic()
        same(server.ask("GET", "/loop")[0], 504, "a guest without end")
        same(server.ask("GET", "/nap?9000")[0], 504, "a guest that waits")
        holds(time.monotonic() - start < 5, "they ended late")
        same(server.ask("GET", "/grow")[0], 500, "a guest that takes all memory")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(lambda _: server.ask("GET", "/nap?200")[0], range(8)))
        holds(set(statuses) == {200, 503} and statuses.count(200) >= 2, f"beyond the concurrency: {statuses}")
        same(server.ask("GET", "/x")[0], 200, "afterwards")
        _, log = server.end()
        holds("(timeout)" in log and "(max-memory)" in log and "(concurrency)" in log, log)


def neighbors(w):
    """Guests that compute without end hold up nobody."""
    with w.server("--timeout", "3s") as server:
        made = [server.connect() for _ in range(8)]
        for one in made:
            one.sendall(b"GET /loop HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        for _ in range(20):
            start = time.monotonic()
            same(server.ask("GET", "/x")[0], 200, "a neighbor")
            holds(time.monotonic() - start < 1, "a neighbor waited")
        for one in made:
            one.close()


def grants(w):
    (w.folder / "data").mkdir(exist_ok=True)
    with w.server("--dir", f"{w.folder / 'data'}::/data:ro", "--env", "X=Y") as server:
        holds(b"X=Y\n" in server.ask("GET", "/env")[2], "a variable")
    log = w.fails("--dir", w.folder / "nowhere")
    holds("nowhere" in log, f"a folder that is not there: {log}")


def developer(w):
    with w.server("--dev") as server:
        status, _, body = server.ask("GET", "/trap")
        same(status, 500, "status")
        holds(b"unreachable" in body and b"at " in body, f"the answer: {body!r}")


def standard_error(w):
    with w.server() as server:
        same(server.ask("GET", "/error")[2], b"said\n", "answer")
        _, log = server.end()
        holds(re.search(r"[0-9a-f]{16} cgi stderr: to the log\n", log), log)


CHECKS = [variables, answers, streams, bodies, budgets, neighbors, grants, developer, standard_error]
