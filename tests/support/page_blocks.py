"""The code blocks of the pages, and how each is run.

A page is Markdown. Its blocks run from top to bottom in a folder of its own: Python in one
namespace, shell line by line, a TOML block as a mission file that is like another.
 Comments above a block change that:

    <!-- not run: REASON -->     the block needs what the tests have not; it is listed
    <!-- slow -->                it runs with the slow tests alone
    <!-- run first: CODE -->     Python before it, for names that a reader has already
    <!-- run after: CODE -->     Python after it: what a reader does by hand, or sees; `__block__`
                                 is the block's text
    <!-- needs: NAME ... -->     files and folders of the repository that it names
    <!-- like: MISSION -->       what a TOML block takes the rest from, other than Chang'e 6
    <!-- save: FILE -->          it is written to a file that a later block takes
    <!-- status: 1 0 -->         what its commands end with, each, where that is not 0

Blocks of text, output and usage are no code: ```text, or none of the languages below.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = {"python", "sh", "toml", "c", "cython", "yaml", "xml"}
COMMENT = r"[ ]*<!--\s*(?:not run|slow|run first|run after|needs|status|like|save)\b.*?-->\s*"
BLOCK = re.compile(
    rf"^(?P<comments>(?:{COMMENT})*)"
    r"(?P<indent>[ ]*)```(?P<language>[\w+-]*)\n(?P<code>.*?)^[ ]*```[ ]*$",
    re.M | re.S,
)
MARK = re.compile(r"<!--\s*(?P<mark>[a-z ]+?)\s*(?::(?P<more>.*?))?\s*-->", re.S)
#: What only a shell does; other lines of `farside` are called in this process.
SHELL = re.compile(r"[|&;<>$`*?(){}]")


class Block(NamedTuple):
    """A block of a page: its line, language, code, and the marks above by name."""

    line: int
    language: str
    code: str
    marks: dict[str, str]

    @property
    def runs(self) -> bool:
        """Whether the tests run it."""
        return "not run" not in self.marks

    @property
    def slow(self) -> bool:
        """Whether the slow tests alone run it."""
        return "slow" in self.marks


def pages() -> list[Path]:
    """Return the pages: the README and all of docs, by path."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, those of a foreign language left out."""
    text = page.read_text("utf-8")
    return [
        Block(
            text[: found.start("code")].count("\n"),
            found["language"],
            textwrap.dedent(found["code"]),
            {m["mark"]: (m["more"] or "").strip("\n") for m in MARK.finditer(found["comments"])},
        )
        for found in BLOCK.finditer(text)
        if found["language"] in LANGUAGES
    ]


def run_page(page: Path, blocks: list[Block]) -> int:
    """Run blocks in the current folder; the number that ran. An error names page and line."""
    names: dict[str, Any] = {"__name__": "__page__"}
    ran = 0
    for block in blocks:
        if not block.runs:
            continue
        for name in block.marks.get("needs", "").split():
            if not Path(name).exists():
                Path(name).symlink_to(ROOT / name)
        if "run first" in block.marks:
            _python(page, block.line, textwrap.dedent(block.marks["run first"]), names)
        if "save" in block.marks:
            Path(block.marks["save"].strip()).write_text(block.code, "utf-8")
        elif block.language == "python":
            _python(page, block.line, block.code, names)
        elif block.language == "sh":
            _shell(page, block)
        elif block.language == "toml":
            _mission(page, block)
        else:
            raise AssertionError(f"{page.name}:{block.line}: nothing runs {block.language}")
        if "run after" in block.marks:
            names["__block__"] = block.code
            _python(page, block.line, textwrap.dedent(block.marks["run after"]), names)
        ran += 1
    return ran


def _python(page: Path, line: int, code: str, names: dict[str, Any]) -> None:
    exec(compile("\n" * line + code, str(page), "exec"), names)


def _shell(page: Path, block: Block) -> None:
    """Run a block's commands; one that does not end with 0 is an error."""
    from farside.cli.main import main

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    lines = re.sub(r"\\\n\s*", " ", block.code).splitlines()
    commands = [line for line in lines if shlex.split(line, comments=True)]
    wanted = [int(word) for word in block.marks.get("status", "").split()] or [0] * len(commands)
    for command, due in zip(commands, wanted, strict=True):
        words = shlex.split(command, comments=True)
        if words[0] == "farside" and not SHELL.search(command.partition(" #")[0]):
            status = main(words[1:])
        else:
            status = subprocess.run(
                ["sh", "-ec", command], timeout=300, check=False, env={**os.environ, "PATH": path}
            ).returncode
        assert status == due, f"{page.name}:{block.line}: {command!r} ended with {status}"


def _mission(page: Path, block: Block) -> None:
    """Read a block as a mission file, or as keys of one."""
    from farside.mission import parse_mission

    held = tomllib.loads(block.code)
    like = block.marks.get("like", "chang-e-6").strip()
    head = [] if "name" in held else ['name = "page"']
    head += [] if "like" in held or {"site", "orbit"} <= held.keys() else [f'like = "{like}"']
    parse_mission("\n".join([*head, block.code]))
