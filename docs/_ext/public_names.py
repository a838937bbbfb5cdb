"""The public names of farside: what each package lists in `__all__`, and the text of each.

A function or class has a docstring with an Examples section, or its reason stands in `WITHOUT`. A
constant has the block of `#:` comments above its line, in Python or Cython, in the module that its
package imports it from.

No example is asked of a constant, an enum or an error: the first two are listed whole, and an error
is seen where it is raised. Of a class's methods, those that take an argument are shown, in their
own examples or in those of the class; a rule of the mission's schema takes none.
"""

from __future__ import annotations

import enum
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
    "farside.adapters.c",
    "farside.adapters.fmi",
    "farside.adapters.udp",
    "farside.adapters.gym",
    "farside.adapters.jsbsim",
    "farside.adapters.basilisk",
    "farside.cli.main",
)

#: What cannot be shown in a few lines that run, and why.
WITHOUT: dict[str, str] = {}


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
    def listed(self) -> bool:
        """Whether no example is asked of it: a constant, an enum, an error."""
        shown_elsewhere = enum.Enum, BaseException
        return self.constant or (
            inspect.isclass(self.held) and issubclass(self.held, shown_elsewhere)
        )

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


def methods(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public methods of a class by name; of one written in Python or Cython."""
    for name, held in vars(thing).items() if inspect.isclass(thing) else ():
        function = held.__func__ if isinstance(held, classmethod | staticmethod) else held
        if callable(function) and inspect.isroutine(function) and not name.startswith("_"):
            yield name, function


def examples(thing: Any) -> str:
    """Return the Examples section of a docstring; empty where there is none."""
    found = re.search(r"^Examples\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", _own(thing), re.M | re.S)
    return found[1] if found else ""


def without_example() -> Iterator[str]:
    """Yield the full names that lack an example, methods as `Class.method`."""
    seconds = second_names()
    for each in public():
        if each.listed or each.full in seconds or each.full in WITHOUT:
            continue
        shown = examples(each.held)
        if ">>>" not in shown:
            yield each.full
        for name, method in methods(each.held):
            own = ">>>" in examples(method)
            if _takes(method) and not own and not re.search(rf"\.{name}\(", shown):
                if f"{each.full}.{name}" not in WITHOUT:
                    yield f"{each.full}.{name}"


def _takes(method: Any) -> bool:
    """Whether a method has an argument beyond the object."""
    try:
        return len(inspect.signature(method).parameters) > 1
    except ValueError:  # Cython shows none
        return not re.search(r"^\w+\((self)?\)", _own(method))


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
