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
    <!-- run as: COMMANDS -->    in its stead, line for line the same programs with fewer cases
    <!-- background: TEXT -->    its one command goes on until the page ends, once it has said that,
                                 and ends with 0 when interrupted

Blocks of text, output and usage are no code: ```text, or none of the languages below.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = {"python", "sh", "toml", "c", "cython", "yaml", "xml"}
MARKS = "not run|slow|run first|run after|run as|needs|status|like|save|background"
COMMENT = rf"[ ]*<!--\s*(?:{MARKS})\b.*?-->\s*"
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
    started: list[subprocess.Popen[str]] = []
    try:
        ran = _run_blocks(page, blocks, started)
        for process in started:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
            assert process.returncode == 0, f"{page.name}: {process.args} ended badly: {said}"
    finally:
        for process in started:
            process.kill()
            process.communicate(timeout=30)
    return ran


def _run_blocks(page: Path, blocks: list[Block], started: list[subprocess.Popen[str]]) -> int:
    """Run blocks; what goes on beside them is added to `started`."""
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
        elif "background" in block.marks:
            started.append(_start(page, block))
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


def _commands(code: str) -> list[str]:
    """Return the lines that hold a command, each with what goes on behind a backslash."""
    lines = re.sub(r"\\\n\s*", " ", code).splitlines()
    return [line.strip() for line in lines if shlex.split(line, comments=True)]


def _program(command: str) -> list[str]:
    """Return what a command runs: its first word, or that of Python's module."""
    words = shlex.split(command, comments=True)
    return words[:3] if words[:2] == ["python", "-m"] else words[:2]


def _start(page: Path, block: Block) -> subprocess.Popen[str]:
    """Start a block's one command of farside, and wait for what it says when it is ready."""
    (command,) = _commands(block.code)
    name, *words = shlex.split(command, comments=True)
    assert name == "farside", f"{page.name}:{block.line}: only farside goes on in the background"
    process = subprocess.Popen(
        [sys.executable, "-m", "farside.cli", *words], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    due = block.marks["background"].strip()
    if due not in said:
        process.kill()
        process.communicate()
        raise AssertionError(f"{page.name}:{block.line}: said {said!r}, not {due!r}")
    return process


def _shell(page: Path, block: Block) -> None:
    """Run a block's commands; one that does not end with 0 is an error."""
    from farside.cli.main import main

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands = _commands(block.code)
    if "run as" in block.marks:
        shown, commands = commands, _commands(block.marks["run as"])
        assert [_program(c) for c in shown] == [_program(c) for c in commands], f"{page.name}"
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
