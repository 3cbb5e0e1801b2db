#!/usr/bin/env python3
"""Every #include follows the layers of docs/design.md: dependencies point one way."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Inside runtime, a folder may include itself and the folders before it.
RUNTIME_ORDER = ["base", "platform", "opcodes", "types", "numeric", "config", "module", "reader",
                 "validate", "binary", "text", "store", "gc", "operations", "engine", "interp",
                 "image", "debug", "native", "tier", "trust", "component", "api"]
# Folders of compiler/ and which of them each may include; what lies beside them may include all.
COMPILER_LAYERS = {"lower": {"lower"}, "optimize": {"optimize", "lower"}, "link": {"link"}}
# Folders of wasi/ and which of them each may include.
WASI_LAYERS = {"host": {"host"}, "p1": {"p1", "host"}, "p2": {"p2", "host"}}
C_LIBRARY = set("""assert complex ctype errno fenv float getopt inttypes iso646 limits locale math setjmp
signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath
threads time uchar wchar wctype""".split())
def layer_of(folder):
    return RUNTIME_ORDER.index(folder) if folder in RUNTIME_ORDER else None


def check_runtime(path, include, problems):
    parts = path.relative_to(ROOT).parts
    own = layer_of(parts[1]) if len(parts) > 2 else None
    name = include[1:-1]
    folder = name.split("/")[0] if "/" in name else None
    if include.startswith("<"):
        stem = name.removesuffix(".h")
        if stem in C_LIBRARY or name in ("ffi.h", "sodium.h") or "platform" in parts:
            return
        if name in ("pthread.h", "immintrin.h", "arm_neon.h") or name.startswith("sanitizer/"):
            return
        problems.append(f"{path.relative_to(ROOT)}: {include} belongs in platform/")
    elif folder and layer_of(folder) is not None and own is not None:
        if layer_of(folder) > own:
            problems.append(f"{path.relative_to(ROOT)}: {include} points upward")


def check_compiler(path, include, problems):
    own = path.parent.name
    folder = include[1:-1].split("/")[0]
    if own in COMPILER_LAYERS and folder in COMPILER_LAYERS and folder not in COMPILER_LAYERS[own]:
        problems.append(f"{path.relative_to(ROOT)}: {include} points upward")


def check_user(path, include, part, problems):
    """cli, wasi and spec-tests know the public headers alone."""
    name = include[1:-1]
    if include.startswith('"'):
        near = (path.parent / name).resolve()
        own = (ROOT / part / name).resolve()
        if part == "wasi" and near.is_file() and near.is_relative_to(ROOT / part):
            if near.parent.name not in WASI_LAYERS[path.parent.name]:
                problems.append(f"{path.relative_to(ROOT)}: {include} points upward")
            return
        if name in ("wasm.h", "wasmrun.h") or near.is_file() and near.is_relative_to(ROOT / part):
            return
        if own.is_file():
            return
        problems.append(f"{path.relative_to(ROOT)}: {include} is not a public header")
    elif part == "cli" or part == "spec-tests":
        stem = name.removesuffix(".h")
        if stem in C_LIBRARY or "platform" in path.parts or name == "pthread.h":
            return
        if name in ("wasm.h", "wasmrun.h"):
            return
        if name in ("uv.h", "nghttp2/nghttp2.h") or name.startswith("openssl/"):
            if "serve" in path.parts:
                return  # HTTP is served by libraries, in a program of its own
        if name == "jansson.h" and part == "cli":
            return  # JSON is read and written by a library
        problems.append(f"{path.relative_to(ROOT)}: {include} belongs in {part}/platform/")


def main():
    problems, files = [], 0
    for part in ("runtime", "wasi", "cli", "spec-tests", "compiler"):
        for path in sorted((ROOT / part).rglob("*.[chi]*")):
            if path.suffix not in (".c", ".h", ".inc", ".def"):
                continue
            files += 1
            for line in path.read_text(errors="replace").splitlines():
                match = re.match(r'\s*#\s*include\s+(<[^>]+>|"[^"]+")', line)
                if not match:
                    continue
                if "llvm-c/" in match.group(1) and part != "compiler":
                    problems.append(f"{path.relative_to(ROOT)}: LLVM outside compiler/")
                elif part == "runtime":
                    check_runtime(path, match.group(1), problems)
                elif part == "compiler":
                    check_compiler(path, match.group(1), problems)
                else:
                    check_user(path, match.group(1), part, problems)
    for folder in sorted(path.name for path in (ROOT / "runtime").iterdir() if path.is_dir()):
        if folder not in RUNTIME_ORDER and folder != "include":
            problems.append(f"runtime/{folder}/: its place is not in RUNTIME_ORDER")
    print("\n".join(problems) or f"{files} files follow the layers")
    return 1 if problems or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
