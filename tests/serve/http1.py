"""HTTP/1.1 on the wire: what is refused, what is answered, and in which bytes."""
import socket
import time

from .world import holds, read_all, same

# Requests that two implementations could read differently, or that are none. Each is refused with one
# of these statuses, and the connection ends: nothing behind it is taken for a request.
SMUGGLING = {
    "a carriage return before the request": (b"\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two different lengths": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "two equal lengths": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a list of lengths": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
    "a length and a coding": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a coding and a length": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "a coding twice": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
    "chunked is not last": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
    "an unknown coding": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "a coding with a tab": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "a coding in HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a blank before the colon": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc", 400),
    "a folded field": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
    "a folded length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 3\r\n\r\nabc", 400),
    "a blank line first field": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "a bare line feed in a field": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\nContent-Length: 3\r\n\r\n", 400),
    "a bare carriage return": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", 400),
    "a NUL": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400),
    "a negative length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    "a length with a plus": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", 400),
    "a hexadecimal length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", 400),
    "a huge length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    "an empty length": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "a bad Host": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "Host and target differ": (b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400),
    "a user in the target": (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two blanks in the line": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a blank at the end of the line": (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    "no version": (b"GET /\r\nHost: a\r\n\r\n", 400),
    "HTTP/2.0 in words": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "small letters": (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "a bad method": (b"G\x7fT / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no field name": (b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
    "a target without a slash": (b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a star for GET": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a bad escape": (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "an encoded NUL": (b"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a byte that is not ASCII": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
    "an unknown expectation": (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\na", 417),
    "empty lines": (b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
}
BAD_CHUNKS = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a blank after the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "a sign": b"+3\r\nabc\r\n0\r\n\r\n",
    "0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"fffffffffffffffff\r\nabc",
    "many zeros": b"0" * 40 + b"3\r\nabc\r\n0\r\n\r\n",
    "a bare line feed": b"3\nabc\r\n0\r\n\r\n",
    "content that is longer": b"3\r\nabcd\r\n0\r\n\r\n",
    "content that ends in a bare line feed": b"3\r\nabc\n0\r\n\r\n",
    "an endless extension": b"3;" + b"x" * 9000 + b"\r\nabc\r\n0\r\n\r\n",
    "endless trailers": b"0\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
    "a control character in an extension": b"3;\x01\r\nabc\r\n0\r\n\r\n",
    "a folded trailer": b"0\r\n X: y\r\n\r\n",
}
HEAD = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def smuggling(w):
    with w.server() as server:
        for name, (request, status) in SMUGGLING.items():
            answer = server.raw(request + GET)
            same(answer[:12], b"HTTP/1.1 %d" % status, name)
            same(answer.count(b"HTTP/1.1"), 1, f"{name}: answers")
            holds(b"Connection: close" in answer, f"{name}: the connection is not closed")
        same(server.ask("GET", "/x")[0], 200, "afterwards")


def chunks(w):
    with w.server() as server:
        for name, body in BAD_CHUNKS.items():
            answer = server.raw(HEAD + body + GET)
            holds(b"GET /x" not in answer, f"{name}: what followed was a request")
            holds(answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431", b"<reset>")) or
                  b"\r\n0\r\n\r\n" not in answer, f"{name}: {answer!r}")
        good = server.raw(HEAD + b"3;a=b;c\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n" + GET)
        holds(good.startswith(b"HTTP/1.1 200") and b"abc" in good and good.endswith(b"GET /x?\n"), good)


def limits(w):
    with w.server("--max-body", "1000") as server:
        many = b"".join(b"X%d: y\r\n" % i for i in range(200))
        for request, status in [
                (b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
                (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40000 + b"\r\n\r\n", 431),
                (b"GET / HTTP/1.1\r\nHost: a\r\n" + many + b"\r\n", 431),
                (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
                (b"POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                 + b"3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n", 413)]:
            same(server.raw(request, close=False)[:12], b"HTTP/1.1 %d" % status, request[:60])
        same(server.ask("POST", "/count", b"a" * 1000)[2], b"1000\n", "a body of the limit")


def framing(w):
    with w.server() as server:
        answer = server.raw(GET * 3 + b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
        same(answer.count(b"HTTP/1.1 200 OK"), 5, "pipelined requests")
        same(answer.count(b"GET /x?\n"), 4, "HEAD has no body")
        old = server.raw(b"GET /bytes?5 HTTP/1.0\r\n\r\n", close=False)
        holds(old.endswith(b"\r\n\r\nxxxxx") and b"chunked" not in old, f"HTTP/1.0: {old!r}")
        keep = server.raw(b"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
        same(keep.count(b"Connection: keep-alive"), 2, "HTTP/1.0 that asks to keep the connection")
        gone = server.raw(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET, close=False)
        same(gone.count(b"HTTP/1.1 200"), 1, "after Connection: close")
        absolute = server.raw(b"GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n")
        holds(absolute.endswith(b"GET /x?y\n"), "absolute-form")
        status, _, body = server.ask("GET", "/a/./b/%2e%2e/../c%20d")
        same((status, body), (200, b"GET /a/../c d?\n".replace(b"/a/../", b"/")), "dot segments")
        same(server.raw(b"\r\n" + GET)[:12], b"HTTP/1.1 200", "one empty line before a request")


def expectation(w):
    with w.server() as server, server.connect() as made:
        made.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        same(made.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n", "before the body")
        made.sendall(b"hello")
        made.shutdown(socket.SHUT_WR)
        holds(b"hello" in read_all(made), "the body")
    with w.server() as server:
        answer = server.raw(b"POST /unread HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
                            close=False)
        holds(b"100 Continue" not in answer and b"not read" in answer and b"Connection: close" in answer,
              f"a body that is not wanted: {answer!r}")


def pieces(w):
    """A request in single bytes is the same request."""
    with w.server() as server, server.connect() as made:
        for byte in HEAD + b"3\r\nabc\r\n0\r\n\r\n":
            made.sendall(bytes([byte]))
        time.sleep(0.1)
        made.shutdown(socket.SHUT_WR)
        holds(b"abc" in read_all(made), "the answer")


def slow(w):
    """Clients that send slowly, or take nothing, end, and others go on."""
    with w.server("--config", w.write("slow.toml", 'header-timeout = "500ms"\nbody-timeout = "500ms"\n'
                                      'write-timeout = "500ms"\nidle-timeout = "500ms"\n')) as server:
        head, body, idle, deaf = (server.connect() for _ in range(4))
        head.sendall(b"GET / HT")
        body.sendall(b"POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        idle.sendall(GET)
        deaf.sendall(b"GET /bytes?50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        same(server.ask("GET", "/x")[0], 200, "meanwhile")
        same(read_all(head)[:12], b"HTTP/1.1 408", "a slow head")
        same(read_all(body)[:12], b"HTTP/1.1 408", "a slow body")
        holds(read_all(idle).endswith(b"GET /x?\n"), "an idle connection is closed")
        time.sleep(1.5)
        holds(read_all(deaf).endswith(b"<reset>"), "who takes nothing")
        for made in (head, body, idle, deaf):
            made.close()


def resets(w):
    """Clients that vanish at every place leave nothing behind."""
    with w.server() as server:
        for _ in range(20):
            for data in (b"", b"GET", GET, GET[:-2], HEAD + b"3\r\nab", b"GET /bytes?9000000 HTTP/1.1\r\nHost: a\r\n\r\n",
                         b"GET /loop HTTP/1.1\r\nHost: a\r\n\r\n", GET * 20):
                with server.connect() as made:
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    made.sendall(data)
        same(server.ask("GET", "/x")[0], 200, "afterwards")


CHECKS = [smuggling, chunks, limits, framing, expectation, pieces, slow, resets]
