"""HTTP/2 and TLS, as curl speaks them."""
import subprocess

from .world import curl, holds, same


def certificate(w):
    cert, key = w.folder / "cert.pem", w.folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


def prior_knowledge(w):
    with w.server() as server:
        base = f"http://127.0.0.1:{server.port}"
        got = curl("--http2-prior-knowledge", "-w", "%{http_version}", f"{base}/x?y")
        same(got, b"GET /x?y\n2", "an answer")
        body = b"z" * 3000000
        got = curl("--http2-prior-knowledge", "--data-binary", "@-", f"{base}/echo", data=body)
        holds(got == body, f"a body there and back: {len(got)} bytes")
        got = curl("--http2-prior-knowledge", "-I", f"{base}/bytes?5")
        holds(got.startswith(b"HTTP/2 200") and b"content-type: text/plain" in got, got)
        got = curl("--http2-prior-knowledge", "-w", "%{http_code}", f"{base}/trap")
        same(got, b"500 Internal Server Error\n500", "a trap")
        got = curl("--http2-prior-knowledge", f"{base}/trap-late")
        holds(got.startswith(b"curl: 92"), f"a trap in the middle: {got}")
        got = subprocess.run(["h2load", "-n200", "-c2", "-m50", f"{base}/nap?50"], capture_output=True, text=True).stdout
        holds("200 2xx, 0 3xx, 0 4xx, 0 5xx" in got, f"requests at once: {got}")
        got = curl("--http2-prior-knowledge", f"{base}/env")
        holds(b"SERVER_PROTOCOL=HTTP/2.0\n" in got and b"HTTP_HOST=" not in got.replace(b"HTTP_HOST=127", b""), got)


def tls(w):
    cert, key = certificate(w)
    with w.server("--tls-cert", cert, "--tls-key", key) as server:
        base = f"https://localhost:{server.port}"
        for version, shown in (("--http1.1", b"1.1"), ("--http2", b"2")):
            got = curl("--cacert", cert, version, "-w", "%{http_version}", f"{base}/x")
            same(got, b"GET /x?\n" + shown, version)
            body = b"z" * 3000000
            got = curl("--cacert", cert, version, "--data-binary", "@-", f"{base}/echo", data=body)
            holds(got == body, f"{version}: a body there and back: {len(got)} bytes")
        holds(b"HTTPS=on\n" in curl("--cacert", cert, f"{base}/env"), "the variable HTTPS")
        holds(b"curl: 60" in curl(f"{base}/x"), "a certificate that is not trusted")
        holds(not server.raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP"), "plain HTTP")
        with server.connect() as made:
            made.sendall(b"\x16\x03\x01")
        same(curl("--cacert", cert, f"{base}/x"), b"GET /x?\n", "afterwards")
    log = w.fails("--tls-cert", cert)
    holds("belong together" in log, log)
    log = w.fails("--tls-cert", cert, "--tls-key", cert)
    holds("cert.pem" in log, log)


CHECKS = [prior_knowledge, tls]
