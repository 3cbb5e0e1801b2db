#!/usr/bin/env python3
"""Writes what the fuzzers begin with: a folder of inputs for each, and dictionaries made from the
instruction table: seeds.py WASMRUN FOLDER. Nothing in them is random, so a short run from them is
the same each time."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from comparison import table  # noqa: E402
from comparison.programs import BATCH, TABLE, Batch  # noqa: E402
from component import values  # noqa: E402
from serve import http1  # noqa: E402

PAGES = {"CORE": b"", "GC": b"\xfb", "MISC": b"\xfc", "SIMD": b"\xfd", "THREADS": b"\xfe"}
WORDS = """module func param result local type import export memory table elem data start global mut tag
    block loop if then else end offset align item declare shared pagesize sub final rec struct array field
    i8 i16 i32 i64 f32 f64 v128 funcref externref anyref eqref i31ref structref arrayref exnref ref null
    any eq i31 extern none nofunc noextern exn noexn catch catch_ref catch_all catch_all_ref nan inf
    nan:canonical nan:arithmetic nan:0x1 binary quote definition instance register invoke get
    assert_return assert_trap assert_invalid assert_malformed assert_unlinkable assert_exception
    assert_exhaustion thread wait either""".split()
CONFIG = """{"ociVersion":"1.0.2","process":{"args":["/app.wasm","x"],"cwd":"/","env":["A=b"],"terminal":
false,"user":{"uid":0,"gid":0}},"root":{"path":"rootfs","readonly":true},"mounts":[{"destination":"/proc",
"type":"proc","source":"proc"}],"hooks":{"prestart":[{"path":"/bin/true","args":["true"]}]},"annotations":
{"module.wasm.image/variant":"compat","run.oci.handler":"wasm","wasmrun.timeout":"2s","wasmrun.dir":"/"},
"linux":{"namespaces":[{"type":"pid"}],"resources":{"memory":{"limit":18446744073709551615}}}}"""
SETTINGS = """s{"runtime":"/usr/bin/crun","program":"/usr/bin/wasmrun-oci","state":"/run/wasmrun",
"options":{"timeout":"2s","max-memory":"64M","net":["connect=127.0.0.1:80"]},"trust-keys":[]}"""
KEYS = "# keys\nwasmrun-public-key AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= name\n"
SECRET = "wasmrun-secret-key " + "A" * 86 + "==\n"


def leb(number):
    out = bytearray()
    while True:
        out.append(number & 0x7f | (0x80 if number > 0x7f else 0))
        number >>= 7
        if not number:
            return bytes(out)


def quoted(data):
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def write_dictionaries(folder):
    text = [f'"{word}"' for word in sorted({row.text for row in TABLE} | set(WORDS))]
    (folder / "text.dict").write_text("\n".join(text) + "\n")
    codes = [quoted(PAGES[row.page] + (leb(row.code) if PAGES[row.page] else bytes([row.code])))
             for row in TABLE]
    codes += [quoted(data) for data in (b"\0asm\1\0\0\0", b"\x04name", b"\x0b.debug_line",
                                        b"wasmrun.native", b"\x60\0\0", b"\x0b")]
    (folder / "binary.dict").write_text("\n".join(codes) + "\n")
    words = ["process", "args", "annotations", "root", "path", "mounts", "hooks", "linux", "runtime",
             "options", "trust-keys", "state", "program", "run.oci.handler"]
    (folder / "json.dict").write_text("\n".join(f'"\\"{word}\\""' for word in words) + "\n")


def small_programs():
    """Single programs of each kind of batch, as text: the module and its library."""
    for number in range(10):
        batch = Batch([number * BATCH + number])
        yield f"p{number}", batch.main.text()
        yield f"lib{number}", batch.lib


def write(folder, target, name, data):
    place = folder / target
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def write_modules(wasmrun, folder):
    for name, text in small_programs():
        write(folder, "fuzz_text", name + ".wat", text)
        made = subprocess.run([wasmrun, "wat2wasm", folder / "fuzz_text" / (name + ".wat"), "-o", "-"],
                              capture_output=True, check=True).stdout
        for target in ("fuzz_decode", "fuzz_text", "fuzz_debug", "fuzz_native"):
            write(folder, target, name + ".wasm", made)
    modules = "(module $m (func (export \"f\") (param i32) (result i32) (local.get 0)))\n"
    write(folder, "fuzz_script", "a.wast", modules + """(register "m" $m)
(assert_return (invoke "f" (i32.const 3)) (i32.const 3))
(assert_trap (invoke $m "f" (i32.const 1)) "unreachable")
(module definition $d (memory (export "m") 1)) (module instance $i $d)
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected end")
(assert_unlinkable (module (import "x" "y" (func))) "unknown import")
(module binary "\\00asm" "\\01\\00\\00\\00") (get $i "g")
(thread $t (shared (module $m)) (invoke "f" (i32.const 2))) (wait $t)
""")


def write_components(wasmrun, folder):
    for seed in range(1, 9):
        write(folder, "fuzz_text", f"component{seed}.wat", values.case(seed)[0])
        made = subprocess.run([wasmrun, "wat2wasm", folder / "fuzz_text" / f"component{seed}.wat", "-o", "-"],
                              capture_output=True, check=True).stdout
        for target in ("fuzz_component", "fuzz_text"):
            write(folder, target, f"component{seed}.wasm", made)


def write_lines(folder):
    """A line table of version 4 with one sequence."""
    program = bytes([2, 1, 1, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + b"\0a.c\0\0\0\0\0"
    body = bytes([4, 0]) + len(program).to_bytes(4, "little") + program + \
        b"\0\x05\2\1\0\0\0\3\1\1\2\4\0\1\1"
    table_ = len(body).to_bytes(4, "little") + body
    write(folder, "fuzz_debug", "lines", bytes([1, 4, 0, 4, 0]) + b"a.c\0b.c\0" + table_)


def main():
    wasmrun, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    write_dictionaries(folder)
    write_modules(wasmrun, folder)
    write_components(wasmrun, folder)
    write_lines(folder)
    write(folder, "fuzz_oci", "config", CONFIG)
    write(folder, "fuzz_oci", "settings", SETTINGS)
    for name, request in http1.SMUGGLING.items():
        write(folder, "fuzz_http1", name.replace(" ", "-").replace("/", "-"), request[0] + http1.GET)
    for name, body in http1.BAD_CHUNKS.items():
        write(folder, "fuzz_http1", "chunks-" + name.replace(" ", "-"), http1.HEAD + body)
    write(folder, "fuzz_http1", "good", http1.HEAD + b"3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n" + http1.GET)
    write(folder, "fuzz_keys", "public", KEYS)
    write(folder, "fuzz_keys", "secret", SECRET)
    for number in range(48):
        write(folder, "fuzz_wasi", f"f{number}", bytes([0, number, 7, 1, 9, 1, 6, 0, 16]) * 2)


if __name__ == "__main__":
    main()
