"""The programs of examples/serve, as their first comments say they are used."""
import time

from .world import curl, holds, same


def guest(w, name):
    return w.guest.parent / f"{name}.wasm"


def hello(w):
    with w.server(guest(w, "http_hello"), alone=True) as server:
        same(curl(f"http://127.0.0.1:{server.port}/"), b"Hello\n", "hello")


def form(w):
    with w.server(guest(w, "form"), alone=True) as server:
        url = f"http://127.0.0.1:{server.port}/"
        holds(b"<form method=post>" in curl(url), "the form")
        got = curl("--data-urlencode", "other=x", "--data-urlencode", "name=A & <b>", url)
        holds(b"<p>Hello, A &amp; &lt;b>!</p>" in got, got)


def upload(w):
    (w.folder / "store").mkdir()
    with w.server("--dir", f"{w.folder / 'store'}::/store", guest(w, "upload"), alone=True) as server:
        url = f"http://127.0.0.1:{server.port}"
        data = bytes(range(256)) * 40000
        same(curl("-w", "%{http_code}", "-T", "-", f"{url}/file", data=data), b"kept\n201", "PUT")
        holds(curl(f"{url}/file") == data, "GET")
        same(curl("-w", "%{http_code}", f"{url}/other"), b"nothing of that name\n404", "another")
        same(curl("-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", f"{url}/a%2Fb"), b"400", "two names")
        same(sorted(path.name for path in (w.folder / "store").iterdir()), ["file"], "files")


def events(w):
    with w.server(guest(w, "events"), alone=True) as server:
        start = time.monotonic()
        got = curl("-w", "%{time_starttransfer} %{time_total}", f"http://127.0.0.1:{server.port}/?4")
        text, times = got.decode().rsplit("\n\n", 1)
        same(text.count("event: tick"), 4, "events")
        first, total = map(float, times.split())
        holds(total - first > 0.4 and time.monotonic() - start >= 0.6, f"they did not come one by one: {times}")


def json_api(w):
    (w.folder / "data").mkdir()
    with w.server("--route", f"/tasks/*={guest(w, 'json_api')},dir={w.folder / 'data'}::/data", alone=True) as server:
        url = f"http://127.0.0.1:{server.port}/tasks"
        same(curl(url), b"[]\n", "no tasks")
        same(curl("-d", 'say "hi"', url), b'{"id":1,"title":"say \\"hi\\""}\n', "a task")
        curl("-d", "more", url)
        same(curl("-w", "%{http_code}", "-X", "DELETE", f"{url}/1"), b"204", "DELETE")
        same(curl(url), b'[{"id":2,"title":"more"}]\n', "what is left")
        same(curl("-w", "%{http_code}", "-X", "DELETE", f"{url}/1"), b'{"error":"no such task"}\n404', "again")


CHECKS = [hello, form, upload, events, json_api]
