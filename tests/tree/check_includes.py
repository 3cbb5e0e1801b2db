#!/usr/bin/env python3
"""Every #include follows the layers of docs/design.md: dependencies point one way."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Inside runtime, a folder may include itself and the folders before it. Folders on one line
# are peers that may include each other's headers.
RUNTIME_LAYERS = [
    ["base"],
    ["platform"],
    ["opcodes", "types", "numeric"],
    ["module"],
    ["validate", "binary", "text"],
    ["config", "store", "gc", "engine", "operations", "image", "debug", "native", "trust", "interp"],
    ["api"],
]
# Folders of compiler/ and which of them each may include; what lies beside them may include all.
COMPILER_LAYERS = {"lower": {"lower"}, "optimize": {"optimize", "lower"}, "link": {"link"}}
C_LIBRARY = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp
signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath
threads time uchar wchar wctype""".split())
# Single uses outside the layers, each with its reason.
EXCEPTIONS = {
    ("cli/options.c", "<getopt.h>"): "the C library's option parser",
    ("cli/inspect.h", "<jansson.h>"): "JSON is written by a library",
    ("spec-tests/main.c", "<dirent.h>"): "scripts are found in folders",
    ("spec-tests/main.c", "<sys/stat.h>"): "scripts are found in folders",
}
# Headers that stand lower than their folder: they include nothing of it.
LOWER = {"config/engine.h": "module", "config/engines.def": "module", "image/format.h": "base"}


def layer_of(folder):
    for number, layer in enumerate(RUNTIME_LAYERS):
        if folder in layer:
            return number
    return None


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
        if layer_of(LOWER.get(name, folder)) > own:
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
        if name in ("wasm.h", "wasmrun.h") or near.is_file() and near.is_relative_to(ROOT / part):
            return
        if own.is_file():
            return
        problems.append(f"{path.relative_to(ROOT)}: {include} is not a public header")
    elif part == "cli" or part == "spec-tests":
        stem = name.removesuffix(".h")
        key = (str(path.relative_to(ROOT)), include)
        if stem in C_LIBRARY or "platform" in path.parts or key in EXCEPTIONS or name == "pthread.h":
            return
        if name in ("wasm.h", "wasmrun.h"):
            return
        if name == "jansson.h" and "oci" in path.parts:
            return  # bundles are JSON, read and written by a library
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
    print("\n".join(problems) or f"{files} files follow the layers")
    return 1 if problems or files == 0 else 0


sys.exit(main())
