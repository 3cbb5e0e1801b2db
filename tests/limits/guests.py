"""Guests for overshoot.py, from the instruction table and the list of host functions: for each instruction and each
call that can take long, modules that do nothing else, with the largest operands. A row that is not known here is an
error: whoever adds an instruction or a function says whether it can be long."""
import re

MEMORY_PAGES = 8192
MEMORY_BYTES = MEMORY_PAGES * 65536

# Instructions whose time has a bound of nanoseconds, or that poll by being calls or branches back.
SHORT = set("""unreachable nop block loop if else try catch rethrow end br br_if br_table return call call_indirect
return_call return_call_indirect call_ref return_call_ref delegate catch_all drop select select_t try_table local_get
local_set local_tee global_get global_set table_get table_set ref_null ref_is_null ref_func ref_eq ref_as_non_null
br_on_null br_on_non_null struct_get struct_get_s struct_get_u struct_set array_get array_get_s array_get_u array_set
array_len ref_test ref_test_null ref_cast ref_cast_null br_on_cast br_on_cast_fail any_convert_extern
extern_convert_any ref_i31 i31_get_s i31_get_u table_size memory_size data_drop elem_drop atomic_fence""".split())

# Instruction: its largest use, and a small one, for a straight line of them.
LONG = {
    "memory_grow": ("(drop (memory.grow $m (i32.const 1)))", "(drop (memory.grow $m (i32.const 0)))"),
    "memory_fill": (f"(memory.fill $m (i32.const 0) (i32.const 1) (i32.const {MEMORY_BYTES}))",
                    "(memory.fill $m (i32.const 0) (i32.const 1) (i32.const 65536))"),
    "memory_copy": (f"(memory.copy $m $m (i32.const 1) (i32.const 0) (i32.const {MEMORY_BYTES - 1}))",
                    "(memory.copy $m $m (i32.const 0) (i32.const 65536) (i32.const 65536))"),
    "memory_init": ("(memory.init $m $data (i32.const 0) (i32.const 0) (i32.const 1000000))",
                    "(memory.init $m $data (i32.const 0) (i32.const 0) (i32.const 65536))"),
    "table_init": ("(table.init $t $elem (i32.const 0) (i32.const 0) (i32.const 100000))",
                   "(table.init $t $elem (i32.const 0) (i32.const 0) (i32.const 8192))"),
    "table_copy": ("(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 40000000))",
                   "(table.copy $t $t (i32.const 0) (i32.const 8192) (i32.const 8192))"),
    "table_fill": ("(table.fill $t (i32.const 0) (ref.func $f) (i32.const 40000000))",
                   "(table.fill $t (i32.const 0) (ref.func $f) (i32.const 8192))"),
    "table_grow": ("(drop (table.grow $g (ref.func $f) (i32.const 20000000)))",
                   "(drop (table.grow $g (ref.func $f) (i32.const 1000)))"),
    "struct_new": ("(global.set $list (struct.new $link (global.get $list)))",) * 2,
    "struct_new_default": ("(drop (struct.new_default $wide))",) * 2,
    "array_new": ("(drop (array.new $i64s (i64.const 7) (i32.const 60000000)))",
                  "(drop (array.new $i64s (i64.const 7) (i32.const 8192)))"),
    "array_new_default": ("(drop (array.new_default $i64s (i32.const 60000000)))",
                          "(drop (array.new_default $i64s (i32.const 8192)))"),
    "array_new_fixed": ("(drop (array.new_fixed $i64s 1000 " + "(i64.const 1) " * 1000 + "))",
                        "(drop (array.new_fixed $i64s 50 " + "(i64.const 1) " * 50 + "))"),
    "array_new_data": ("(drop (array.new_data $bytes $data (i32.const 0) (i32.const 1000000)))",
                       "(drop (array.new_data $bytes $data (i32.const 0) (i32.const 65536)))"),
    "array_new_elem": ("(drop (array.new_elem $funcs $elem (i32.const 0) (i32.const 100000)))",
                       "(drop (array.new_elem $funcs $elem (i32.const 0) (i32.const 8192)))"),
    "array_fill": ("(array.fill $i64s (ref.as_non_null (global.get $array)) (i32.const 0) (i64.const 1) "
                   "(i32.const 30000000))",
                   "(array.fill $i64s (ref.as_non_null (global.get $array)) (i32.const 0) (i64.const 1) "
                   "(i32.const 8192))"),
    "array_copy": ("(array.copy $i64s $i64s (ref.as_non_null (global.get $array)) (i32.const 1) "
                   "(ref.as_non_null (global.get $array)) (i32.const 0) (i32.const 29999999))",
                   "(array.copy $i64s $i64s (ref.as_non_null (global.get $array)) (i32.const 8192) "
                   "(ref.as_non_null (global.get $array)) (i32.const 0) (i32.const 8192))"),
    "array_init_data": ("(array.init_data $bytes $data (ref.as_non_null (global.get $byte_array)) (i32.const 0) "
                        "(i32.const 0) (i32.const 1000000))",
                        "(array.init_data $bytes $data (ref.as_non_null (global.get $byte_array)) (i32.const 0) "
                        "(i32.const 0) (i32.const 65536))"),
    "array_init_elem": ("(array.init_elem $funcs $elem (ref.as_non_null (global.get $func_array)) (i32.const 0) "
                        "(i32.const 0) (i32.const 100000))",
                        "(array.init_elem $funcs $elem (ref.as_non_null (global.get $func_array)) (i32.const 0) "
                        "(i32.const 0) (i32.const 8192))"),
    "throw": ("(block $h (try_table (catch_all $h) (throw $tag (i32.const 1))))",) * 2,
    "throw_ref": ("(global.set $exn (block $h (result exnref) (try_table (catch_all_ref $h) (throw $tag (i32.const 1))) "
                  "unreachable)) (block $k (try_table (catch_all $k) (throw_ref (global.get $exn))))",) * 2,
    "memory_atomic_notify": ("(drop (memory.atomic.notify $s (i32.const 0) (i32.const -1)))",) * 2,
    "memory_atomic_wait32": ("(drop (memory.atomic.wait32 $s (i32.const 0) (i32.const 0) (i64.const -1)))",
                             "(drop (memory.atomic.wait32 $s (i32.const 0) (i32.const 1) (i64.const -1)))"),
    "memory_atomic_wait64": ("(drop (memory.atomic.wait64 $s (i32.const 0) (i64.const 0) (i64.const -1)))",
                             "(drop (memory.atomic.wait64 $s (i32.const 0) (i64.const 1) (i64.const -1)))"),
}

# Host functions that act on what they were given, once, whatever the guest passes.
SHORT_CALLS = set("""args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_advise
fd_close fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_times
fd_prestat_dir_name fd_prestat_get fd_renumber fd_seek fd_tell path_create_directory path_filestat_set_times path_link
path_remove_directory path_rename path_symlink path_unlink_file proc_exit proc_raise sched_yield sock_bind sock_connect
sock_getaddrinfo sock_getlocaladdr sock_getpeeraddr sock_getsockopt sock_listen sock_open sock_setsockopt sock_shutdown
fd_datasync fd_sync fd_filestat_set_size""".split())
# The last three are the host's work on a file (docs/wasi.md); others above return at once.

OPEN = ('(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 4) (i32.const {flags}) '
        '(i64.const -1) (i64.const -1) (i32.const 0) (i32.const 512)))')
SOCKET = "(drop (call $sock_open (i32.const {family}) (i32.const {kind}) (i32.const 512)))"
ALL = f"(i32.store $m (i32.const 0) (i32.const 65536)) (i32.store $m (i32.const 4) (i32.const {MEMORY_BYTES - 65536}))"
FD = "(i32.load $m (i32.const 512))"

# Function: what is called before, and the call with its largest operands.
CALLS = {
    "fd_allocate": (OPEN.format(flags=1), f"(drop (call $fd_allocate {FD} (i64.const 0) (i64.const 68719476736)))"),
    "fd_pread": (OPEN.format(flags=1) + ALL,
                 f"(drop (call $fd_pread {FD} (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 16)))"),
    "fd_pwrite": (OPEN.format(flags=1) + ALL.replace(str(MEMORY_BYTES - 65536), str(100 << 20)),
                  f"(drop (call $fd_pwrite {FD} (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 16)))"),
    "fd_read": (ALL, "(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))"),
    "fd_write": (ALL, "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))"),
    "fd_readdir": ("", f"(drop (call $fd_readdir (i32.const 3) (i32.const 65536) (i32.const {MEMORY_BYTES - 65536}) "
                       "(i64.const 0) (i32.const 16)))"),
    "path_filestat_get": ("(memory.fill $m (i32.const 1024) (i32.const 47) (i32.const 4095)) "
                          "(i32.store8 $m (i32.const 1024) (i32.const 46))",
                          "(drop (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 1024) "
                          "(i32.const 4095) (i32.const 8192)))"),
    "path_open": ("", OPEN.format(flags=0)),
    "path_readlink": ("", f"(drop (call $path_readlink (i32.const 3) (i32.const 1028) (i32.const 4) "
                          f"(i32.const 65536) (i32.const {MEMORY_BYTES - 65536}) (i32.const 16)))"),
    "poll_oneoff": ("(local $i i32) (loop $fill "
                    "(i32.store8 $m offset=65544 (i32.mul (local.get $i) (i32.const 48)) (i32.const 1)) "
                    "(local.set $i (i32.add (local.get $i) (i32.const 1))) "
                    "(br_if $fill (i32.lt_u (local.get $i) (i32.const 16384))))",
                    "(drop (call $poll_oneoff (i32.const 65536) (i32.const 1048576) (i32.const 16384) "
                    "(i32.const 16)))"),
    "random_get": ("", f"(drop (call $random_get (i32.const 0) (i32.const {MEMORY_BYTES})))"),
    "sock_accept": (SOCKET.format(family=1, kind=1), f"(drop (call $sock_accept {FD} (i32.const 0) (i32.const 16)))"),
    "sock_recv": (SOCKET.format(family=1, kind=0) + ALL,
                  f"(drop (call $sock_recv {FD} (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 16) "
                  "(i32.const 20)))"),
    "sock_recv_from": (SOCKET.format(family=1, kind=0) + ALL,
                       f"(drop (call $sock_recv_from {FD} (i32.const 0) (i32.const 1) (i32.const 64) (i32.const 0) "
                       "(i32.const 24) (i32.const 16) (i32.const 20)))"),
    "sock_send": (SOCKET.format(family=1, kind=0) + ALL,
                  f"(drop (call $sock_send {FD} (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16)))"),
    "sock_send_to": (SOCKET.format(family=1, kind=0) + ALL,
                     f"(drop (call $sock_send_to {FD} (i32.const 0) (i32.const 1) (i32.const 64) (i32.const 9) "
                     "(i32.const 0) (i32.const 16)))"),
}

OPERANDS = {"i": "i32.const 8", "l": "i64.const 8", "f": "f32.const 8", "d": "f64.const 8", "v": "v128.const i64x2 8 8",
            "a": "i32.const 8"}


def table_rows(text):
    """(name, keyword, immediates, signature) of each row of opcodes.def."""
    pattern = r'^OP\(\s*\w+,\s*0x[0-9a-f]+,\s*(\w+),\s*"([^"]+)",\s*(\w+),\s*(\w+),'
    return re.findall(pattern, text, re.MULTILINE)


def function_rows(text):
    """{name: (parameters, has a result)} of the host functions, in their first signature."""
    rows = {}
    for row in re.finditer(r'^\s*(?:ROW\((\w+), "(\w*)"|\{"(\w+)", "(\w*)", (true|false))', text, re.MULTILINE):
        name, params, other, other_params, result = row.groups()
        rows.setdefault(name or other, (params if name else other_params, name or result == "true"))
    return rows


def plain_line(rows):
    """All instructions that are typed by their row, one after the other."""
    line = []
    for name, keyword, immediates, signature in rows:
        if signature == "SPECIAL" or name in LONG or name in SHORT:
            continue
        operands, results = signature.split("_") if "_" in signature else (signature, "")
        text = " ".join(OPERANDS[o] for o in operands if o in OPERANDS)
        immediate = {"LANE": " 0", "MEMARG_LANE": " 0", "SHUFFLE": " 0" * 16}.get(immediates, "")
        if immediates in ("NONE", "MEMARG", "LANE", "MEMARG_LANE", "SHUFFLE") and keyword != "v128.const":
            line.append(f"{text} {keyword}{immediate}" + " drop" * len(results))
    return "\n".join(line)


def check_known(rows, functions):
    """What is in neither list. Constants and plain rows are covered by plain_line."""
    unknown = [name for name, _, _, signature in rows
               if signature == "SPECIAL" and name not in SHORT and name not in LONG and not name.endswith("_const")]
    unknown += [name for name in functions
                if re.sub(r"_v2$", "", name) not in SHORT_CALLS and re.sub(r"_v2$", "", name) not in CALLS]
    return unknown


TYPES = f"""(type $link (struct (field (mut (ref null $link)))))
 (type $wide (struct {"(field i64) " * 200})) (type $i64s (array (mut i64))) (type $bytes (array (mut i8)))
 (type $funcs (array (mut funcref))) (func $f) (elem declare func $f)
 (memory $m (export "memory") {MEMORY_PAGES} 20000)"""
# What a guest gets of these is what it names.
FIELDS = {
    "$s": "(memory $s 1 1 shared)",
    "$tag": "(tag $tag (param i32))",
    "$t": "(table $t 40000001 funcref)",
    "$g": "(table $g 0 funcref)",
    "$list": "(global $list (mut (ref null $link)) (ref.null $link))",
    "$exn": "(global $exn (mut exnref) (ref.null exn))",
    "$array": "(global $array (mut (ref null $i64s)) (ref.null $i64s))",
    "$byte_array": "(global $byte_array (mut (ref null $bytes)) (ref.null $bytes))",
    "$func_array": "(global $func_array (mut (ref null $funcs)) (ref.null $funcs))",
    "$data": f'(data $data "{"x" * 1000000}")',
    "$elem": f'(elem $elem func {"$f " * 100000})',
}
ARRAYS = {
    "array_fill": "(global.set $array (array.new_default $i64s (i32.const 30000000)))",
    "array_copy": "(global.set $array (array.new_default $i64s (i32.const 30000000)))",
    "array_init_data": "(global.set $byte_array (array.new_default $bytes (i32.const 1000000)))",
    "array_init_elem": "(global.set $func_array (array.new_default $funcs (i32.const 100000)))",
}
SPAWN = """(import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
 (import "env" "memory" (memory $w 1 1 shared))"""
WAIT = """(func (export "_start") (drop (call $spawn (i32.const 0)))
 (drop (memory.atomic.wait32 $w (i32.const 64) (i32.const 0) (i64.const -1))))"""
# Where calls find a path, and the address of 127.0.0.1.
STRINGS = '(data (i32.const 1024) "filelink") (data (i32.const 64) "\\48\\00\\00\\00\\04\\00\\00\\00\\7f\\00\\00\\01")'


def module(before, body, place, imports="", strings=""):
    """A module that does `before` once and `body` for ever: in _start, in its start function, or in a thread."""
    loop = f"{before} (loop $again {body} (br $again))"
    func = {"start": f'(func $begin {loop}) (start $begin) (func (export "_start"))',
            "thread": f'(func (export "wasi_thread_start") (param i32 i32) {loop}) {WAIT}'}
    names = set(re.findall(r"\$\w+", before + body))
    fields = "\n".join(text for name, text in FIELDS.items() if name in names)
    threads = SPAWN if place == "thread" else ""
    return (f"(module {threads} {imports}\n{TYPES}\n{fields}\n"
            f'{func.get(place) or "(func (export " + chr(34) + "_start" + chr(34) + ") " + loop + ")"} {strings})')


def call_imports(host, text):
    imports = ""
    for used in sorted(set(re.findall(r"call \$(\w+)", text))):
        params, result = host[used]
        types = " ".join("i64" if letter == "l" else "i32" for letter in params)
        imports += (f'(import "wasi_snapshot_preview1" "{used}" (func ${used} (param {types}) '
                    f'{"(result i32)" if result else ""})) ')
    return imports


def guests(table, functions, line_length):
    """{name: text} of every guest, from the texts of the instruction table and of the list of functions."""
    rows, host = table_rows(table), function_rows(functions)
    unknown = check_known(rows, host)
    if unknown:
        raise SystemExit("guests.py does not know whether these can take long: " + ", ".join(unknown))
    out = {"plain.line": f'(module (memory 1) (func (export "_start") (loop $again {(plain_line(rows) + chr(10)) * 5} (br $again))))'}
    for name, (largest, small) in LONG.items():
        before = ARRAYS.get(name, "")
        for place in ("alone", "start", "thread"):
            out[f"{name}.{place}"] = module(before, largest, place)
        out[f"{name}.line"] = module(before, "\n".join([small] * line_length), "line")
    for name, (before, call) in CALLS.items():
        for place in ("alone", "start"):
            out[f"{name}.{place}"] = module(before, call, place, call_imports(host, before + call), STRINGS)
    return out
