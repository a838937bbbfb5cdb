"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Bytes of a name that its temporary file keeps: with host and process it must stay below 255.
KEPT_OF_NAME = 100


def write_whole(path: str | Path, content: bytes | str, *, keep: bool = False) -> None:
    """Write a file whole or not at all, and have it on the disk before it has its name.

    Parameters
    ----------
    path : str or Path
        Where to: see `whole_file`.
    content : bytes or str
        What; text is written as UTF-8, with a question mark for what UTF-8 has no bytes for.
    keep : bool, optional
        Leave a file of that name as it is.

    Raises
    ------
    OSError
        It cannot be written; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "new", "a.txt"), "whole")
    ...     Path(folder, "new", "a.txt").read_text()
    'whole'
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    with whole_file(path, keep=keep) as fresh, fresh.open("wb") as file:
        file.write(data)


@contextmanager
def whole_file(path: str | Path, *, keep: bool = False) -> Iterator[Path]:
    """Return the path of a new file to be written, which then takes the wanted name.

    Parameters
    ----------
    path : str or Path
        Where to. Folders above it that are missing are made; a file that is there is replaced, one
        behind a symbolic link too; a device or a pipe is written to as it is.
    keep : bool, optional
        Leave a file of that name as it is.

    Raises
    ------
    OSError
        It cannot be written; what was there before is untouched, and nothing else is left.
    """
    try:
        place = Path(path).resolve()
    except RuntimeError as why:  # a loop of links, as Python 3.11 tells it
        raise OSError(str(why)) from None
    try:
        kind = place.stat().st_mode
    except FileNotFoundError:
        kind = stat.S_IFREG
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(21, "a folder is in the way", str(path))
    if not stat.S_ISREG(kind):
        with _named(path):
            yield place
        return
    made = [above for above in place.parents if not above.exists()]
    name = os.fsdecode(os.fsencode(place.name)[:KEPT_OF_NAME])
    fresh = place.with_name(f".{name}.{socket.gethostname()[:64]}.{os.getpid()}")
    try:
        with _named(path):
            place.parent.mkdir(parents=True, exist_ok=True)
            yield fresh
            _sync(fresh)
            _name(fresh, place, keep)
    except BaseException:
        fresh.unlink(missing_ok=True)
        with suppress(OSError):  # another may have put something there by now
            for above in made:
                above.rmdir()
        raise
    _sync(place.parent)


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Name the file that was asked for in an error of writing, not the temporary one."""
    try:
        yield
    except OSError as why:
        why.filename = str(path)
        raise


def _name(fresh: Path, place: Path, keep: bool) -> None:
    """Rename a new file; where one has the name already and is to be kept, drop the new one."""
    if keep:
        with suppress(FileExistsError):
            try:
                os.link(fresh, place)
            except FileExistsError:
                raise
            except OSError:
                # a file system without links
                os.replace(fresh, place)
        fresh.unlink(missing_ok=True)
    else:
        os.replace(fresh, place)


def _sync(path: Path) -> None:
    """Have a file or a folder on the disk; where the system syncs none, go on."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    except OSError as why:
        if not path.is_dir():
            raise why
    finally:
        os.close(held)


def cannot_write(path: str | Path, why: Exception) -> str:
    """Report in one line that something cannot be written."""
    reason = str(why)
    if isinstance(why, OSError):
        # HDF5 tells the system's reason amid its own words
        found = re.search(r"error message = '([^']+)'", reason)
        known = os.strerror(why.errno) if why.errno else ""
        reason = found[1] if found else why.strerror or known or reason
        if re.fullmatch(r"\d+ requested and \d+ written", reason):
            reason = f"there is no room ({reason} by numpy)"
    if isinstance(why, UnicodeEncodeError):
        reason = "its path holds bytes that are not UTF-8, which the library that writes it refuses"
    return f"{path}: cannot be written: {' '.join(reason.split())}; give another place"
