"""Libraries of other platforms in an FMU: those that `make cross` builds (decision 082)."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

from farside.adapters.fmi.export import FmuError, zipped
from farside.mission.writing import cannot_write, write_whole

#: What FMI 2.0 calls a platform, and how its libraries end. A folder of `make cross` is named as in
#: FMI 3.0.
PLATFORMS = {
    "x86_64-linux": ("linux64", ".so"),
    "aarch64-linux": ("aarch64-linux", ".so"),
    "x86_64-windows": ("win64", ".dll"),
}
#: What is read into memory at the most: a library has 0.1 to 0.5 MB, an FMU 27.
LARGEST_LIBRARY, LARGEST_FMU = 1 << 26, 1 << 28
DESCRIPTION = "modelDescription.xml"


def add_binaries(fmu: str | Path, folder: str | Path) -> list[str]:
    """Add the libraries of other platforms to an FMU, which then runs there too.

    Parameters
    ----------
    fmu : path
        From `export_fmu`; written anew. Its guid and its own library stay.
    folder : path
        What `make cross` wrote: <platform>/<kind>-<version of FMI>.so or .dll.

    Returns
    -------
    list of str
        The folders of binaries/ that it has now.

    Raises
    ------
    FmuError
        Where the file is no FMU of farside, the folder holds no library of its kind, or a file
        cannot be read or written.

    Examples
    --------
    >>> import shutil
    >>> from pathlib import Path
    >>> import farside.adapters.fmi
    >>> from farside.adapters.fmi import add_binaries, export_fmu
    >>> from farside.mission import load_mission
    >>> fmu = export_fmu(load_mission("chang-e-6"), "fmu", kind="autopilot", flat=True)

    What `make cross` writes; here this machine's library stands in for one of Windows:

    >>> built = Path("build/cross/fmu/x86_64-windows")
    >>> built.mkdir(parents=True)
    >>> ours = Path(farside.adapters.fmi.__file__).with_name("autopilot-2.so")
    >>> _ = shutil.copy(ours, built / "autopilot-2.dll")
    >>> add_binaries(fmu, "build/cross/fmu")
    ['linux64', 'win64']
    """
    path = Path(fmu)
    files = files_of(path)
    described = files.get(DESCRIPTION, b"").decode("utf-8", "replace")
    model = re.search(r'<CoSimulation[^>]* modelIdentifier="farside_([a-z]+)"', described)
    version = re.search(r'<fmiModelDescription[^>]* fmiVersion="([23])\.', described)
    if model is None or version is None:
        raise FmuError(f"{path}: not an FMU of farside")
    kind, fmi = model[1], int(version[1])
    found = 0
    for name, (older, suffix) in PLATFORMS.items():
        library = Path(folder) / name / f"{kind}-{fmi}{suffix}"
        inside = f"binaries/{older if fmi == 2 else name}/farside_{kind}{suffix}"
        if library.is_file():
            found += 1
            files.setdefault(inside, bytes_of(library, LARGEST_LIBRARY))
    if not found:
        raise FmuError(
            f"{folder}: no {kind}-{fmi} for any of {', '.join(PLATFORMS)}; make cross builds them"
        )
    try:
        write_whole(path, zipped(dict(sorted(files.items()))))
    except OSError as why:
        raise FmuError(cannot_write(path, why)) from None
    return sorted({name.split("/")[1] for name in files if name.startswith("binaries/")})


def files_of(path: Path) -> dict[str, bytes]:
    """Return the files of an FMU by name.

    Raises
    ------
    FmuError
        Where it cannot be read, is no zip, or says that it holds more than an FMU does.
    """
    try:
        with zipfile.ZipFile(BytesIO(bytes_of(path, LARGEST_FMU))) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST_FMU:
                raise FmuError(f"{path}: larger than an FMU of farside")
            return {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile as why:
        raise FmuError(f"{path}: not an FMU: {why}") from None


def bytes_of(path: Path, most: int) -> bytes:
    """Return a file's bytes, after a look at how many there are.

    Raises
    ------
    FmuError
        Where it cannot be read or is longer than `most`.
    """
    try:
        if path.stat().st_size > most:
            raise FmuError(f"{path}: too large, {path.stat().st_size} bytes")
        return path.read_bytes()
    except OSError as why:
        raise FmuError(f"{path}: {why.strerror}") from None
