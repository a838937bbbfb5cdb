"""What the shell offers when the tab key is pressed: missions, files of missions."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def missions_like(incomplete: str) -> list[str]:
    """List the shipped missions, and mission files and folders, that begin so.

    Nothing of a mission is read, and no library is imported: an answer takes milliseconds.
    """
    room = find_spec("farside.mission")
    if room is None or room.origin is None:
        return _files_like(incomplete)
    here = Path(room.origin).parent
    shipped = sorted(path.stem for path in here.glob("*.toml"))
    shipped += sorted(f"failures/{path.stem}" for path in here.glob("failures/*.toml"))
    return [name for name in shipped if name.startswith(incomplete)] + _files_like(incomplete)


def _files_like(incomplete: str) -> list[str]:
    """List mission files and folders whose path begins so."""
    folder, slash, name = incomplete.rpartition("/")
    try:
        held = sorted(Path(f"{folder}{slash}" or ".").iterdir())
    except OSError:
        return []
    return [
        f"{folder}{slash}{path.name}{'/' if path.is_dir() else ''}"
        for path in held
        if path.name.startswith(name)
        and (name.startswith(".") or not path.name.startswith("."))
        and (path.suffix == ".toml" or path.is_dir())
    ]
