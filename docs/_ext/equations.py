r"""The numbered equations of the theory manual, and the lines of the code that cite them.

An equation of docs/theory has its number in a `\tag{4.7}`. The code cites it as "theory (4.7)",
"theory (2.3), (2.4) and (2.5)" or "theory (7.11) to (7.13)", in a comment or docstring beside the
line that computes it. `faults` holds both sides to each other: every number once, in order; each
cited at least once; each citation of a number that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"\\tag\{(\d+)\.(\d+)\}")
#: "theory", then numbers with commas, words or a new line of a comment between them.
CITED = re.compile(r"\btheory((?:[ ,;]|and|to|\n *#?|\(\d+\.\d+\))+)")
RANGE = re.compile(r"\((\d+)\.(\d+)\) to \((\d+)\.(\d+)\)")
NUMBER = re.compile(r"\((\d+\.\d+)\)")
#: Where code that computes is: kernels, and the packages that hold Python kernels.
FOLDERS = (
    "ext", "mission", "raster", "terrain", "vision", "navigation", "guidance", "avoidance",
    "ground", "dynamics", "sensors", "flight", "survey", "campaign",
)  # fmt: skip
SUFFIXES = (".py", ".pyx", ".pxd", ".pxi")


class Citation(NamedTuple):
    """A number cited in a file of the code, and the line."""

    number: str
    file: str
    line: int


def pages() -> list[Path]:
    """Return the pages of the manual."""
    return sorted((ROOT / "docs" / "theory").glob("*.md"))


def numbers(page: Path) -> list[str]:
    """Return the numbers of a page's equations, from top to bottom."""
    return [f"{chapter}.{k}" for chapter, k in TAG.findall(page.read_text("utf-8"))]


def cited(text: str) -> Iterator[tuple[str, int]]:
    """Yield the numbers that a text cites and where; a range as each of its numbers."""
    for run in CITED.finditer(text):
        whole = RANGE.sub(_each, run[1])
        for number in NUMBER.findall(whole):
            yield number, run.start()


def _each(ends: re.Match[str]) -> str:
    """Write out a range within a chapter."""
    chapter, first, last_chapter, last = ends.groups()
    if chapter != last_chapter:
        return ends[0]
    return " ".join(f"({chapter}.{k})" for k in range(int(first), int(last) + 1))


def citations() -> list[Citation]:
    """Return every citation in the code, by file and line."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            text = path.read_text("utf-8")
            if "theory" not in text:
                continue
            name = path.relative_to(ROOT).as_posix()
            for number, at in cited(text):
                found.append(Citation(number, name, text.count("\n", 0, at) + 1))
    return found


def faults() -> Iterator[str]:
    """Yield what does not agree between manual and code, a line each."""
    known: dict[str, str] = {}
    for page in pages():
        here = numbers(page)
        chapters = {number.split(".")[0] for number in here}
        due = [f"{chapter}.{k + 1}" for chapter in chapters for k in range(len(here))]
        if here != due:
            yield f"{page.name}: its equations are not numbered 1 to {len(here)} of one chapter"
        for number in here:
            if number in known:
                yield f"({number}) is in {known[number]} and in {page.name}"
            known[number] = page.name
    found = citations()
    for number, file, line in found:
        if number not in known:
            yield f"{file}:{line}: cites ({number}), which the manual does not have"
    for number in known.keys() - {each.number for each in found}:
        yield f"{known[number]}: no line of the code cites ({number})"


def table(page: Path) -> str:
    """Return a section in Markdown: the files that compute a page's equations, if any."""
    here = numbers(page)
    held: dict[str, set[str]] = {}
    for each in citations():
        if each.number in here:
            held.setdefault(each.file, set()).add(each.number)
    if not held:
        return ""
    lines = [
        f"| `{file}` | {', '.join(f'({n})' for n in here if n in cited_there)} |"
        for file, cited_there in held.items()
    ]
    head = ["## Where they are computed", "", "| file | equations |", "|---|---|"]
    return "\n".join([*head, *lines])
