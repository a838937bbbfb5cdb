"""The version of this package."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version() -> str:
    """Return the version of the installed package; "unknown" where none is installed.

    Returns
    -------
    str
        Looked up once: that takes a millisecond.
    """
    try:
        return metadata.version("farside")
    except metadata.PackageNotFoundError:
        return "unknown"
