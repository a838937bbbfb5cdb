"""Hold files, functions and argument lists to sizes that a reader can take in.

    python .ci/sizes.py

At most 400 lines a file, 60 lines a function (docstring, comments and blank lines not counted), 8
arguments (`self` and `cls` not counted). Of docstrings the Examples are not counted (they are
tests, which stand beside the code that they are of), nor the Attributes (a record's fields).
`WIDE` names the lists that may be longer. The options of a command in `cli/` are a table, not an
argument list: only what stands below them counts.
Prints a line for each that is too large; the exit status is 1 then.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, ARGUMENTS = 400, 60, 8
#: Lists over 8: options of commands as they are passed on, those of a landing, of a picture and
#: of horizons, of a region, all keywords.
WIDE = {"cli/campaign.py: campaign", "cli/main.py: hazards", "cli/main.py: land"}
WIDE |= {"flight/land.py: land", "flight/wiring.py: wire", "sensors/camera.py: take_picture"}
WIDE |= {"cli/stress.py: stress"}
WIDE |= {"cli/horizon.py: horizon", "survey/horizon.py: horizons"}
WIDE |= {"survey/horizon_layers.py: map_horizons"}
WIDE |= {"cli/survey.py: survey", "survey/landing_survey.py: survey_region"}
CYTHON = (".pyx", ".pxd", ".pxi")
#: Where a function of Cython begins: its indent, its name.
BEGIN = re.compile(r"^(\s*)(?:cdef|cpdef|def)\s+(?!extern|struct|enum|class|packed)[^=(]*?(\w+)\(")
DOC = re.compile(r'""".*?"""', re.DOTALL)
#: Examples and Attributes of a docstring, each to the next section or the end.
LEFT_OUT = re.compile(
    r"^\n( *)(?:Examples\n\1-{8}|Attributes\n\1-{10})\n.*?(?=^\n\1\w[\w ]*\n\1-{3,}\n|\Z)",
    re.M | re.DOTALL,
)


@dataclass(frozen=True)
class Function:
    """A function, its code lines and its number of arguments."""

    where: str
    name: str
    lines: int
    arguments: int


def code_lines(text: str) -> int:
    """Count the lines of a text that hold code."""
    return sum(
        bool(line.strip()) and not line.strip().startswith("#")
        for line in DOC.sub("", text).splitlines()
    )


def file_lines(text: str) -> int:
    """Count the lines of a file, Examples and Attributes of its docstrings left out."""
    left_out = sum(
        found[0].rstrip(' "').count("\n")
        for doc in DOC.finditer(text)
        for found in LEFT_OUT.finditer(doc[0])
    )
    return text.count("\n") - left_out


def of_python(path: Path, text: str) -> Iterator[Function]:
    """Yield the functions of a Python file."""
    lines = text.splitlines()
    where = str(path.relative_to(ROOT))
    command = where.startswith("cli/")
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        table = command and any("Annotated" in ast.unparse(a.annotation or node) for a in given)
        first = node.body[0].lineno if table else node.lineno
        body = "\n".join(lines[first - 1 : node.end_lineno])
        yield Function(
            where,
            node.name,
            code_lines(body),
            0 if table else sum(a.arg not in ("self", "cls") for a in given),
        )


def of_cython(path: Path, text: str) -> Iterator[Function]:
    """Yield the functions of a Cython file that have a body."""
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        begin = BEGIN.match(lines[i])
        i += 1
        if not begin:
            continue
        first, indent = i - 1, len(begin[1])
        closing = (")", " " * indent + ")")
        while i < len(lines) and (
            not lines[i].strip()
            or len(lines[i]) - len(lines[i].lstrip()) > indent
            or lines[i].startswith(closing)
        ):
            i += 1
        whole = "\n".join(lines[first:i])
        count = len(argument_list(whole))
        yield Function(str(path.relative_to(ROOT)), begin[2], code_lines(whole), count)


def argument_list(function: str) -> list[str]:
    """Split the arguments of a Cython function."""
    text = function[function.index("(") :]
    depth, arguments, start = 0, [], 1
    for k, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 or (depth == 1 and letter == ","):
            arguments.append(text[start:k].strip())
            start = k + 1
        if depth == 0:
            break
    return [each for each in arguments if each and each not in ("self", "*", "/")]


def main() -> int:
    """Print what is too large; 1 if anything is."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    functions: list[Function] = []
    faults: list[str] = []
    for path in (ROOT / name for name in tracked):
        if path.suffix not in (".py", ".c", ".h", *CYTHON) or not path.exists():
            continue
        text = path.read_text()
        if (count := file_lines(text)) > FILE_LINES:
            faults.append(f"{path.relative_to(ROOT)}: {count} lines")
        if path.suffix == ".py":
            functions += of_python(path, text)
        elif path.suffix in CYTHON:
            functions += of_cython(path, text)
    faults += [
        f"{f.where}: {f.name} has {f.lines} lines" for f in functions if f.lines > FUNCTION_LINES
    ]
    wide = [f for f in functions if f.arguments > ARGUMENTS]
    faults += [
        f"{f.where}: {f.name} takes {f.arguments} arguments"
        for f in wide
        if f"{f.where}: {f.name}" not in WIDE
    ]
    for line in faults:
        print(line)
    print(f"{len(functions)} functions, {len(wide)} argument lists over {ARGUMENTS}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
