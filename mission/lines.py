"""On which line of a mission file each key stands: the TOML parser does not say."""

import re
from collections.abc import Iterator, Mapping

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
#: What opens, closes or hides a bracket or a line's end, the longest first.
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]',
    re.S,
)


def label(element: object, index: int) -> str:
    """Name an element of an array: a table by its name, anything else by its place from 1."""
    name = element.get("name") if isinstance(element, dict) else None
    return name[:64] if isinstance(name, str) and name else f"{index + 1}"


def key_lines(text: str, table: Mapping[str, object]) -> dict[str, int]:
    r"""Find the line of every key of a file that is TOML.

    Parameters
    ----------
    text : str
        The file.
    table : dict
        What the parser made of it.

    Returns
    -------
    dict
        From keys as refusals name them, `vehicle.legs.span_m` or `phases[hover].altitude_m`, to
        lines, counted from 1. Keys of inline tables are not among them.

    Examples
    --------
    >>> key_lines("a = 1\n[b]\nc = 2", {"a": 1, "b": {"c": 2}})
    {'a': 1, 'b': 2, 'b.c': 3}
    """
    lines: dict[str, int] = {}
    header: tuple[str, ...] = ()
    seen: dict[tuple[str, ...], int] = {}
    for number, statement in _statements(text):
        array = statement.startswith("[[")
        if statement.startswith("["):
            header = _parts(statement.lstrip("["))
            if array:
                seen[header] = seen.get(header, -1) + 1
            parts = header
        else:
            parts = header + _parts(statement)
        for end in range(1, len(parts) + 1):
            lines.setdefault(_shown(parts[:end], table, seen), number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line of each statement, with its number: an array may go on for many."""
    depth, number, begins = 0, 1, 0
    for token in _TOKEN.finditer(text):
        found = token.group()
        if found == "\n" and depth == 0:
            if text[begins : token.start()].strip():
                yield number, text[begins : token.start()].strip()
            number += text.count("\n", begins, token.start()) + 1
            begins = token.end()
        elif found in ("[", "{"):
            depth += 1
        elif found in ("]", "}"):
            depth -= 1
    if text[begins:].strip():
        yield number, text[begins:].strip()


def _parts(text: str) -> tuple[str, ...]:
    """Split a dotted key from the start of a text; nothing of a comment."""
    parts, at = [], 0
    while found := _PART.match(text, at):
        parts.append(next(part for part in found.groups() if part is not None))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    return tuple(parts)


def _shown(
    parts: tuple[str, ...], table: Mapping[str, object], seen: Mapping[tuple[str, ...], int]
) -> str:
    """Write a key as refusals name it: the elements of an array of tables by their names."""
    shown, here = "", table
    for end, part in enumerate(parts, start=1):
        shown += f".{part}" if shown else part
        inner: object = here.get(part) if isinstance(here, dict) else None
        if parts[:end] in seen and isinstance(inner, list) and inner:
            index = min(seen[parts[:end]], len(inner) - 1)
            shown += f"[{label(inner[index], index)}]"
            inner = inner[index]
        here = inner if isinstance(inner, dict) else {}
    return shown
