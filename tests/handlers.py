"""The interpreter's handlers as the compiler made them: each goes on to the next by a jump, and none
saves registers or touches the C stack, but for those that call C functions."""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
LABEL = re.compile(r"^[0-9a-f]+ <wr__[hw]_(\w+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")
CALLS = {"call", "callq", "bl", "blr"}
# What makes a frame or spills: a push, a moved stack pointer, an integer register written to the stack.
FRAME = re.compile(r"^(push\w* |sub\w* .*%rsp$|mov[lq]? %r?[a-z0-9]+, ?-?(0x)?[0-9a-f]*\(%rsp\)|"
                   r"st[rp]\w* [wxd].*\[sp|sub sp,)")


# Where the lane is an operand of the instruction, the vector goes by the stack: that is the computation.
BY_STACK = re.compile(r"_lane_|shuffle|swizzle")


def disassembler():
    return shutil.which("llvm-objdump-19") or shutil.which("objdump")


def handlers(binary):
    """Yields each handler's name and its instructions."""
    done = subprocess.run([disassembler(), "-d", "--no-show-raw-insn", "--section=wr_interp", str(binary)],
                          capture_output=True, text=True, check=True)
    name, lines = None, []
    for line in done.stdout.splitlines():
        label, instruction = LABEL.match(line), INSTRUCTION.match(line)
        if label:
            if name:
                yield name, lines
            name, lines = label.group(1), []
        elif instruction and name:
            lines.append(f"{instruction.group(1)} {instruction.group(2)}".strip())
    if name:
        yield name, lines


def may_call():
    """The handlers of control.inc; the generated ones compute, and call nothing."""
    runtime = ROOT / "runtime"
    own = (runtime / "interp" / "control_names.inc").read_text()
    operations = (runtime / "operations" / "operations.def").read_text()
    return set(re.findall(r"WR__\w+\((\w+)\)", own)) | set(
        re.findall(r"^OPERATION\((\w+)\)", operations, re.M))


def is_dispatch(call):
    return "*" in call or call.startswith("blr") or "<wr__h_" in call or "<wr__w_" in call


def check(binary, frames_matter):
    """What is wrong, or None. frames_matter: registers must not be saved either."""
    control, wrong, count = may_call(), [], 0
    for name, lines in handlers(binary):
        count += 1
        calls = [line for line in lines if line.split()[0] in CALLS]
        wrong += [f"{name}: dispatches by a call: {line}" for line in calls if is_dispatch(line)]
        if not frames_matter:
            continue
        if calls and name not in control:
            wrong.append(f"{name}: computes, and yet calls: {calls[0]}")
        if not calls and not BY_STACK.search(name):
            wrong += [f"{name}: saves: {line}" for line in lines if FRAME.match(line)][:1]
    if count < 1000:
        wrong.append(f"only {count} handlers found in {binary}")
    return "\n".join(wrong) or None
