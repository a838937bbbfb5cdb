"""matplotlib, imported so that nothing in the user's set-up can stop it.

`MPLBACKEND` of another environment (Jupyter sets it for every child process) and a `matplotlibrc`
that cannot be read both end the import of matplotlib. No figure of ours needs a backend: each
draws itself with Agg, in a style of its own. Import this before anything of matplotlib.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

#: What matplotlib reads while it is imported, and what stands for "nothing said".
NEUTRAL: Mapping[str, str | None] = {"MPLBACKEND": None, "MATPLOTLIBRC": os.devnull}


def import_matplotlib() -> None:
    """Import matplotlib; without the user's settings where these make it fail."""
    if "matplotlib" in sys.modules:
        return
    try:
        import matplotlib
    except (ValueError, OSError):
        # what a failed import leaves behind would be found half-made
        for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
            del sys.modules[name]
        with _environment(NEUTRAL):
            import matplotlib  # noqa: F401


@contextmanager
def without_docs() -> Iterator[None]:
    """Import what draws without lists of properties in matplotlib's docstrings, a third of it all.

    For a process of our own, in which nobody reads them. What matplotlib calls otherwise in a
    later version is left alone.
    """
    from matplotlib import artist

    homes: tuple[tuple[Any, str, Any], ...] = (
        (artist, "kwdoc", _no_words),
        (artist.Artist, "_update_set_signature_and_docstring", classmethod(_no_words)),
    )
    before = [(home, name, vars(home)[name]) for home, name, _ in homes if name in vars(home)]
    for home, name, instead in homes:
        if name in vars(home):
            setattr(home, name, instead)
    try:
        yield
    finally:
        for home, name, own in before:
            setattr(home, name, own)


def _no_words(_of: object) -> str:
    """Describe no properties."""
    return ""


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables of the environment for a while; None takes one away."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    """Set or take away variables of the environment."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


import_matplotlib()
