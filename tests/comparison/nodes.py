"""Text as trees: what programs are made of, and what the reducer takes apart."""


class Node:
    """A form (op kid ...). type is the letter of its value, or "" if it is a statement; None for what
    the reducer takes apart but never replaces. An op of "" stands for its kids alone."""
    __slots__ = ("op", "kids", "type")

    def __init__(self, op, kids=(), type=""):
        self.op, self.kids, self.type = op, list(kids), type

    def write(self, out):
        if self.op:
            out.append("(" + self.op)
        for kid in self.kids:
            if isinstance(kid, str):
                out.append(kid)
            else:
                kid.write(out)
                if kid.type == "":
                    out.append("\n")
        if self.op:
            out.append(")")

    def text(self):
        out = []
        self.write(out)
        return " ".join(out)

    def copy(self):
        return Node(self.op, [kid if isinstance(kid, str) else kid.copy() for kid in self.kids],
                    self.type)


def walk(node):
    """Every node below this one with its place: (parent, index)."""
    for index, kid in enumerate(node.kids):
        if not isinstance(kid, str):
            yield node, index
            yield from walk(kid)
