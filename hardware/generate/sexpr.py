"""S-expressions as KiCad writes them: text to nested lists and back. Strings keep their quotes as `Quoted`."""

import re
import uuid
from typing import Any

NAMESPACE = uuid.UUID("6f3c1f0a-9d57-4d0b-8a86-0d1d5f6f6a11")
TOKEN = re.compile(r'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))')


class Quoted(str):
    """A string that stands in quotes in the file."""

    __slots__ = ()


Node = list[Any]
"""Of str, Quoted and Node."""


def parse(text: str) -> Node:
    """The first expression of `text`."""
    stack: list[Node] = [[]]
    for match in TOKEN.finditer(text):
        opening, closing, quoted, bare = match.groups()
        if opening:
            stack.append([])
        elif closing:
            done = stack.pop()
            stack[-1].append(done)
            if len(stack) == 1:
                return done
        elif quoted is not None:
            stack[-1].append(Quoted(quoted.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")))
        else:
            stack[-1].append(bare)
    raise ValueError("unbalanced parentheses")


def write(node: Node | str, depth: int = 0) -> str:
    """`node` as text, one expression a line, indented with tabs."""
    if isinstance(node, Quoted):
        return '"' + node.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(node, str):
        return node
    if not any(isinstance(child, list) for child in node):
        return "(" + " ".join(write(child) for child in node) + ")"
    pad = "\t" * (depth + 1)
    parts = [
        f"\n{pad}{write(child, depth + 1)}" if isinstance(child, list) else (" " if i else "") + write(child)
        for i, child in enumerate(node)
    ]
    return "(" + "".join(parts) + "\n" + "\t" * depth + ")"


def child(node: Node, name: str) -> Node | None:
    """The first list in `node` that begins with `name`."""
    return next((part for part in node if isinstance(part, list) and part and part[0] == name), None)


def children(node: Node, name: str) -> list[Node]:
    """All lists in `node` that begin with `name`."""
    return [part for part in node if isinstance(part, list) and part and part[0] == name]


def stable_id(*names: object) -> Quoted:
    """An id that stays the same each time the files are generated."""
    return Quoted(str(uuid.uuid5(NAMESPACE, "/".join(map(str, names)))))


def number(value: float) -> str:
    """Millimetres without trailing zeros."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
