"""Which kinds of file a survey reads, told by a file's name and its first bytes."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from farside.raster.paths import problem_of
from farside.survey.errors import SurveyError

ACCEPTED = (
    "a raster that GDAL reads (GeoTIFF, PDS, ISIS cube ...), heights or points in .npy, "
    "or points in .las, .laz, .ply, .csv, .xyz, .txt"
)


class Kind(Enum):
    """How a file is read."""

    ARRAY = "numpy array"
    LAS = "LAS"
    PLY = "PLY"
    TEXT = "text"
    RASTER = "raster"


_BY_SUFFIX = {
    ".npy": Kind.ARRAY,
    **dict.fromkeys((".las", ".laz"), Kind.LAS),
    ".ply": Kind.PLY,
    **dict.fromkeys((".csv", ".xyz", ".txt", ".tsv", ".pts", ".xyzi", ".xyzrgb"), Kind.TEXT),
    **dict.fromkeys(
        (
            *(".tif", ".tiff", ".gtiff", ".img", ".lbl", ".cub", ".xml", ".vrt", ".jp2", ".asc"),
            *(".dem", ".bil", ".bsq", ".bip", ".hdr", ".nc", ".fits", ".grd", ".raw", ".dat"),
        ),
        Kind.RASTER,
    ),
}
_BY_MAGIC = (
    (b"\x93NUMPY", Kind.ARRAY),
    (b"LASF", Kind.LAS),
    (b"ply\n", Kind.PLY),
    (b"ply\r", Kind.PLY),
    (b"II*\x00", Kind.RASTER),
    (b"MM\x00*", Kind.RASTER),
    (b"II+\x00", Kind.RASTER),
    (b"CDF", Kind.RASTER),
    (b"\x89HDF", Kind.RASTER),
    (b"PDS_VERSION_ID", Kind.RASTER),
    (b"Object = IsisCube", Kind.RASTER),
)
_REFUSED = {
    **dict.fromkeys((".npz",), "an archive of arrays: save one array with numpy.save"),
    **dict.fromkeys((".zip", ".gz", ".tgz", ".7z", ".tar", ".bz2", ".xz"), "packed: unpack it"),
    **dict.fromkeys((".e57", ".pcd", ".obj", ".stl", ".pcap", ".bag"), "a kind that is not read"),
    **dict.fromkeys((".pkl", ".pickle", ".mat", ".parquet", ".xlsx"), "a kind that is not read"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".pdf", ".toml", ".json"), "no elevation data"),
}


def kind_of(path: Path) -> Kind:
    """Return the kind of a file, after looking at what the path leads to.

    Parameters
    ----------
    path : Path
        Of a regular file.

    Returns
    -------
    Kind
        By the ending of the name, and where that is unknown by the first bytes.

    Raises
    ------
    SurveyError
        One line: nothing there, a folder, a link that loops, unreadable, empty, or a kind that is
        not read; it names the kinds that are.

    Examples
    --------
    >>> path = Path("scan.ply")
    >>> _ = path.write_bytes(b"ply, and what is in it")
    >>> kind_of(path)
    <Kind.PLY: 'PLY'>
    """
    problem = problem_of(path)
    if problem is not None:
        missing = "no such file" in problem or "not there" in problem
        raise SurveyError(f"{path}: {problem}" + ("" if missing else f": {ACCEPTED}"))
    try:
        with path.open("rb") as file:
            first = file.read(32)
    except OSError as why:
        raise SurveyError(f"{path}: cannot be read: {why.strerror}") from None
    if not first:
        raise SurveyError(f"{path.name}: is an empty file; fetch or write it again")
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    for magic, kind in _BY_MAGIC:
        if first.startswith(magic):
            return kind
    if suffix in _REFUSED:
        raise SurveyError(f"{path.name}: is {_REFUSED[suffix]}; give {ACCEPTED}")
    if first.startswith(b"PK\x03\x04"):
        raise SurveyError(f"{path.name}: is an archive; unpack it, and give {ACCEPTED}")
    if first.startswith(b"ASTM-E57"):
        raise SurveyError(f"{path.name}: is E57, which is not read; give {ACCEPTED}")
    return Kind.RASTER


def is_known(path: Path) -> bool:
    """Return whether the ending of a name is one of a kind that is read."""
    return path.suffix.lower() in _BY_SUFFIX
