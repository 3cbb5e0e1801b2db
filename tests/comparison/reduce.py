"""Makes a program that fails smaller: statements and fields of the module go, values become those
that they are made of, or constants."""
from comparison.expressions import WORDS
from comparison.nodes import Node, walk

ZEROS = {"i": "i32.const", "l": "i64.const", "f": "f32.const", "d": "f64.const",
         "F": "f32.const", "D": "f64.const"}
SAME = {"F": "f", "D": "d", "X": "v", "Y": "v"}


def kind(node):
    return SAME.get(node.type, node.type)


def constant(t, number):
    if kind(Node("", type=t)) == "v":
        return Node(f"v128.const i32x4 {number} {number} {number} {number}", type=t)
    return Node(f"{ZEROS[t]} {number}", type=t)


def candidates(node):
    """What could stand for a value: values in it of the same type, then constants."""
    for parent, index in walk(node):
        inner = parent.kids[index]
        if inner.type and kind(inner) == kind(node):
            yield inner
    if ".const" not in node.op:
        yield constant(node.type, 0)
        yield constant(node.type, 1)


def drop_ranges(tree, parent, fails):
    """Tries to do without pieces of a list of kids, long ones first."""
    shrunk, size = False, max(1, len(parent.kids) // 2)
    while size:
        at = 0
        while at < len(parent.kids):
            piece = parent.kids[at:at + size]
            if all(isinstance(kid, Node) and kid.type == "" for kid in piece):
                del parent.kids[at:at + size]
                if fails(tree):
                    shrunk = True
                    continue
                parent.kids[at:at] = piece
            at += size
        size //= 2
    return shrunk


def replace_value(tree, parent, index, fails):
    node = parent.kids[index]
    for other in list(candidates(node)):
        parent.kids[index] = other
        if fails(tree):
            return True
    parent.kids[index] = node
    return False


def unfold(tree, parent, index, fails):
    """A statement in the place of the one around it."""
    node = parent.kids[index]
    inner = [kid for kid in node.kids if isinstance(kid, Node)]
    inner += [kid for outer in inner if outer.op in ("then", "else", "do") for kid in outer.kids
              if isinstance(kid, Node)]
    for other in inner:
        if other.type == "":
            parent.kids[index] = other
            if fails(tree):
                return True
    parent.kids[index] = node
    return False


def reduce(tree, fails, tries=3000):
    """The smallest that was found; tree itself is changed. fails(tree) says if it still does."""
    budget = [tries]

    def bounded(candidate):
        budget[0] -= 1
        return budget[0] > 0 and fails(candidate)

    changed = True
    while changed and budget[0] > 0:
        changed = drop_ranges(tree, tree, bounded)
        for parent, _ in [(node, 0) for node in nodes(tree)]:
            changed |= drop_ranges(tree, parent, bounded)
        for parent in nodes(tree):
            for index, kid in enumerate(parent.kids):
                if isinstance(kid, str) or budget[0] <= 0:
                    continue
                if kid.type == "":
                    changed |= unfold(tree, parent, index, bounded)
                elif kid.type and kind(kid) in WORDS and kid.op.split(" ")[0] != "":
                    changed |= replace_value(tree, parent, index, bounded)
    return tree


def nodes(tree):
    """Every node now in the tree, outer ones first."""
    out, todo = [], [tree]
    while todo:
        node = todo.pop(0)
        out.append(node)
        todo += [kid for kid in node.kids if isinstance(kid, Node)]
    return out
