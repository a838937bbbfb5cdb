"""The public names of farside: what each package lists in `__all__`, and the text of each.

A function or class has a docstring. A constant has the block of `#:` comments above its line, in
Python or Cython, in the module that its package imports it from.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "farside",
    "farside.mission",
    "farside.raster",
    "farside.terrain",
    "farside.vision",
    "farside.navigation",
    "farside.guidance",
    "farside.avoidance",
    "farside.ground",
    "farside.dynamics",
    "farside.sensors",
    "farside.flight",
    "farside.survey",
    "farside.scenes",
    "farside.campaign",
    "farside.report",
)


class Public(NamedTuple):
    """A public name: its package, the name, the object."""

    package: str
    name: str
    held: Any

    @property
    def full(self) -> str:
        """The dotted name that a user imports."""
        return f"{self.package}.{self.name}"

    @property
    def constant(self) -> bool:
        """Whether it is a value, and has no docstring of its own."""
        return not callable(self.held)

    @property
    def text(self) -> str:
        """Its docstring, or the comment above a constant."""
        return constant_text(self.package, self.name) if self.constant else _own(self.held)


def _own(thing: Any) -> str:
    """Return a docstring, but not that of a base class."""
    text = thing.__doc__ or ""
    return inspect.cleandoc(text)


def public() -> Iterator[Public]:
    """Yield every public name; one that two packages list comes twice."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            yield Public(package, name, getattr(module, name))


def second_names() -> set[str]:
    """Return the full names under which an object comes a second time."""
    homes: dict[int, list[str]] = {}
    for each in public():
        if not each.constant:
            homes.setdefault(id(each.held), []).append(each.full)
    # the short name in `farside` itself is the second one
    return {full for names in homes.values() for full in sorted(names, key=_depth)[1:]}


def _depth(full: str) -> tuple[int, str]:
    return -full.count("."), full


def constant_text(module: str, name: str) -> str:
    """Return the `#:` comment above a constant, found where it is assigned."""
    source = _source(module)
    above = re.search(rf"((?:^#:.*\n)+)(?:[A-Z_, ]*\b){name}\b[^=\n]*=(?!=)", source, re.M)
    if above:
        return "\n".join(line[2:].removeprefix(" ") for line in above[1].splitlines())
    for found in re.finditer(r"^from (farside[\w.]*) import (\([^)]*\)|.*)$", source, re.M):
        if re.search(rf"\b{name}\b", found[2]):
            return constant_text(found[1], name)
    return ""


def _source(module: str) -> str:
    """Return the text of a module, of Cython if it is that."""
    if module == "farside":
        return (ROOT / "cli/entry/__init__.py").read_text("utf-8")
    path = ROOT / module.removeprefix("farside.").replace(".", "/")
    for file in (path / "__init__.py", path.with_suffix(".py"), path.with_suffix(".pyx")):
        if file.is_file():
            return file.read_text("utf-8")
    return ""
