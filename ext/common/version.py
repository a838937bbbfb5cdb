"""The version of this package, and of those that it is built on."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version(package: str = "farside") -> str:
    """Return the version of an installed package; "unknown" where it is not installed.

    Parameters
    ----------
    package : str
        Its name in the package index.

    Returns
    -------
    str
        Looked up once: that takes a millisecond.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
