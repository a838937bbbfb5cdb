"""What a path is that should be a raster, checked before GDAL opens it."""

from dataclasses import dataclass
from pathlib import Path

from farside.raster.raster import RasterError

KINDS = (
    "GeoTIFF, PDS3 (.lbl), PDS4 (.xml), ISIS (.cub), JPEG 2000, VRT or any other that GDAL reads"
)


@dataclass(frozen=True)
class Dem:
    """A raster of heights, and what its file does not say of it.

    It stands wherever a path does: `land(mission, dems=[Dem("site.tif", unit="km")])`.

    Attributes
    ----------
    path : str
        Of the file.
    unit : str or None
        What its heights are in, whatever the file says.
    nodata : float or None
        A stored number that stands for no height [unit of the file].

    Examples
    --------
    >>> from farside.raster import Dem
    >>> Dem("site.tif", unit="km", nodata=-32768.0)
    Dem(path='site.tif', unit='km', nodata=-32768.0)
    """

    path: str
    unit: str | None = None
    nodata: float | None = None

    def __fspath__(self) -> str:
        """Return the path."""
        return self.path


def problem_of(path: str | Path) -> str | None:
    """Return what keeps a path from being read as a file; None if nothing does.

    Returns
    -------
    str or None
        "there is no such file", "is a folder", "is a link that leads back to itself" ...
    """
    place = Path(path)
    try:
        if place.is_file():
            return None
        if place.is_dir():
            return "is a folder; give one file of it"
        if place.is_symlink():
            try:
                place.resolve(strict=True)
            except FileNotFoundError:
                return "is a link to a file that is not there; check where it leads"
            except (OSError, RuntimeError):
                return "is a link that leads back to itself; give the file"
        if place.exists():
            return "is no ordinary file; give one that is on disk"
    except (OSError, ValueError) as why:
        return f"cannot be read ({getattr(why, 'strerror', None) or why}); check the path"
    return "there is no such file; check the path"


def check_file(path: str | Path) -> None:
    """Refuse a path that is no file.

    Raises
    ------
    RasterError
        One line that says what it is.
    """
    problem = problem_of(path)
    if problem is not None:
        raise RasterError(f"{path}: {problem}" if "there is" in problem else f"{path} {problem}")
    check_name(path)


def partners(path: str | Path) -> list[Path]:
    """Return the files beside a path that GDAL may open in its place.

    An image without a header of its own (`.img`, `.dat`) has a label beside it, and GDAL opens the
    label of PDS3 and PDS4; an ENVI or ESRI header (`.hdr`) has its data beside it, and GDAL opens
    those.
    """
    place = Path(path)
    endings: tuple[str, ...] = (".lbl", ".xml")
    if place.suffix.lower() == ".hdr":
        endings = ("", ".img", ".dat", ".bil", ".bsq", ".bip", ".raw", ".flt", ".bin")
    elif place.suffix.lower() in (".lbl", ".xml", ".tif", ".tiff", ".vrt", ".nc"):
        return []
    wanted = {place.with_suffix(ending).name.lower() for ending in endings}
    wanted |= {f"{place.name}{ending}".lower() for ending in endings if ending}
    try:
        beside = sorted(place.parent.iterdir())
    except OSError:
        return []
    return [p for p in beside if p.name.lower() in wanted and p != place and p.is_file()]


def not_a_raster(name: str) -> RasterError:
    """Return the refusal of a file that GDAL cannot read."""
    return RasterError(
        f"{name}: not a raster, or one that is cut short or damaged; fetch it again, or give "
        f"{KINDS}"
    )


def check_name(path: str | Path) -> None:
    """Refuse a path that GDAL cannot be given.

    Raises
    ------
    RasterError
        It holds bytes that are not UTF-8.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise RasterError(
            f"{path}: its path holds bytes that are not UTF-8, which GDAL does not open; rename it"
        ) from None
