"""Components that answer requests: wasi:http/incoming-handler."""
import pathlib
import re

from .world import holds, same

HANDLER = pathlib.Path(__file__).with_name("handler.wat")


def changed(w, name, old, new):
    """The handler with something else in a place."""
    text = HANDLER.read_text()
    holds(old in text, f"{old} is not in {HANDLER.name}")
    return w.write(name, text.replace(old, new))


def answers(w):
    with w.server(HANDLER, alone=True, log="json") as server:
        for method, body in (("GET", None), ("POST", b"a body that is not read"), ("GET", None)):
            status, fields, text = server.ask(method, "/a?b", body)
            same((status, text), (200, b"hello\n"), method)
        same(server.ask("HEAD", "/")[0::2], (200, b""), "HEAD")
        _, log = server.end()
        holds(re.search(r'"app":"handler","memory_bytes":65536', log), log)


def failures(w):
    """Traps, answers that are none, and time without end."""
    trap = changed(w, "trap.wat", "(local.set $response (call $response", "(unreachable) (local.set $response (call $response")
    silent = changed(w, "silent.wat", "(local.set $response (call $response", "(return) (local.set $response (call $response")
    endless = changed(w, "endless.wat", "(local.set $response (call $response",
                      "(loop $on (br $on)) (local.set $response (call $response")
    with w.server("--dev", "--route", f"/trap={trap}", "--route", f"/silent={silent}",
                  "--route", f"/endless={endless},timeout=300ms", "--route", f"/good={HANDLER}") as server:
        status, _, text = server.ask("GET", "/trap")
        holds(status == 500 and b"unreachable" in text, f"a trap: {status} {text}")
        same(server.ask("GET", "/silent")[0], 500, "no answer")
        same(server.ask("GET", "/endless")[0], 504, "time without end")
        same(server.ask("GET", "/good")[2], b"hello\n", "others")


def reuse(w):
    """An instance that counts its requests in its memory."""
    counting = changed(w, "counting.wat", "(local.set $response (call $response",
                       "(i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (i32.const 1)))"
                       " (local.set $response (call $response")
    with w.server("--route", f"/fresh={counting}", "--route", f"/three={counting},reuse=3") as server:
        same([server.ask("GET", "/fresh")[2] for _ in range(3)], [b"iello\n"] * 3, "fresh instances")
        same([server.ask("GET", "/three")[2] for _ in range(7)],
             [b"iello\n", b"jello\n", b"kello\n"] * 2 + [b"iello\n"], "instances for three")
    holds("reuse is for components" in w.fails("--route", f"/={w.guest},reuse=2"), "a program")


def kinds(w):
    other = w.write("other.wat", "(component)")
    holds("does not export wasi:http/incoming-handler" in w.fails("--route", f"/={other}"), "a component that is no handler")


CHECKS = [answers, failures, reuse, kinds]
