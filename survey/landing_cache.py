"""Templates kept from one run to the next, in the user's folder of things that can be made anew.

`$FARSIDE_CACHE` names the folder, else `$XDG_CACHE_HOME/farside`, else `~/.cache/farside`; with
`FARSIDE_CACHE=off` nothing is kept. A file's name is the digest of all that its numbers are made
from: statistics, posting, limits, and the bytes of the code that draws them. Files are written
whole or not at all, so that two runs may write at once. One that is damaged is made anew.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.mission.writing import write_whole

Array = NDArray[np.float64]

#: Code whose bytes count: what draws the ground, and what looks it over.
_CODE = (
    "farside.survey.landing_templates", "farside.ground.blocks", "farside.ground.craters",
    "farside.ground.detail", "farside.ground.footprint", "farside.ground.fractal",
    "farside.ground.lattice", "farside.ground.measured", "farside.ground.rocks",
    "farside.ground.shares", "farside.ext.common.deterministic",
    "farside.ext.common._deterministic", "farside.ext.ground._craters", "farside.ext.ground._disc",
    "farside.ext.ground._lattice", "farside.ext.ground._rocks",
)  # fmt: skip
_DIGEST = 32  # bytes in front of the array: SHA-256 of the rest
_MOST_FILES = 64
#: Threads of one process write one after the other: their fresh files have one name.
_ONE = threading.Lock()
_HEAD = 256  # bytes that the header of an array takes at the most


class CacheWarning(UserWarning):
    """A file that was kept is damaged, or cannot be kept."""


def folder() -> Path | None:
    """Return where files are kept; None: nowhere."""
    own = os.environ.get("FARSIDE_CACHE", "")
    if own:
        return None if own == "off" else Path(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / "farside"
    try:
        return Path.home() / ".cache" / "farside"
    except RuntimeError:
        return None


def kept(what: str, made_from: Any, shape: tuple[int, ...], make: Callable[[], Array]) -> Array:
    """Return an array that was kept, or make it and keep it.

    Parameters
    ----------
    what : str
        First word of the file's name.
    made_from : object
        Dataclasses, numbers and texts, in tuples and dicts: all that the array depends on.
    shape : tuple of int
        Of the array.
    make : callable
        Makes it.
    """
    place = folder()
    if place is None:
        return make()
    path = place / f"{what}-{_key(made_from)}"
    found = _read(path, shape)
    if found is not None:
        return found
    made = np.ascontiguousarray(make(), np.float64)
    file = io.BytesIO()
    np.save(file, made, allow_pickle=False)
    data = file.getvalue()
    try:
        with _ONE:
            write_whole(path, hashlib.sha256(data).digest() + data)
            _tidy(place, what)
    except OSError as why:
        warnings.warn(f"{path}: cannot be kept ({why.strerror})", CacheWarning, stacklevel=2)
    return made


def _read(path: Path, shape: tuple[int, ...]) -> Array | None:
    """Return the array of a file; None where there is none, or it is damaged."""
    most = _DIGEST + _HEAD + 8 * int(np.prod(shape))
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError:
        return None
    digest, data = raw[:_DIGEST], raw[_DIGEST:]
    if len(raw) <= most and hashlib.sha256(data).digest() == digest:
        try:
            found = np.load(io.BytesIO(data), allow_pickle=False)
        except ValueError:
            found = None
        if isinstance(found, np.ndarray) and found.shape == shape and found.dtype == np.float64:
            return found
    warnings.warn(f"{path}: damaged; made anew", CacheWarning, stacklevel=3)
    return None


def _tidy(place: Path, what: str) -> None:
    """Remove the oldest files beyond as many as are kept."""
    ages = {}
    for each in place.glob(f"{what}-*"):
        try:
            ages[each] = each.stat().st_mtime
        except FileNotFoundError:
            continue  # another run was faster
    for each in sorted(ages, key=lambda path: ages[path])[:-_MOST_FILES]:
        each.unlink(missing_ok=True)


def _key(made_from: Any) -> str:
    """Return the digest of what an array is made from, and of the code that makes it."""
    digest = hashlib.sha256(repr((np.__version__, _plain(made_from))).encode())
    for name in _CODE:
        file = importlib.import_module(name).__file__
        digest.update(Path(str(file)).read_bytes())
    return digest.hexdigest()[:32]


def _plain(value: Any) -> Any:
    """Return a value as tuples of what has one text: numbers to the bit, texts."""
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, _plain(asdict(value))
    if isinstance(value, dict):
        return tuple((str(key), _plain(each)) for key, each in sorted(value.items()))
    if isinstance(value, tuple | list):
        return tuple(_plain(each) for each in value)
    return float(value).hex() if isinstance(value, float) else value
