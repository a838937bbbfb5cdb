"""Scenes as files, and masks from files."""

from __future__ import annotations

import json
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import from_origin

from farside.mission.writing import cannot_write, write_whole
from farside.raster import MOON_RADIUS_M
from farside.raster.projection import apply
from farside.raster.written import check_written
from farside.scenes.picture import draw_hillshade
from farside.scenes.scene import CELL_M, EVALUATION_FROM, Scene, SceneError, scene_number
from farside.scenes.truth import truth_of

BENCHMARK = 2
"""Version of the benchmark: another one where a scene of the same number would differ."""
FILES = ("elevation.tif", "elevation.npy", "scene.json", "hillshade.png")
NAMED = ("probability", "safe")

Mask = NDArray[np.bool_] | NDArray[np.float32]


def crs_of(scene: Scene) -> str:
    """Return the scene's CRS: stereographic about its middle, true to scale on the ground there."""
    scale = scene.radius_m / MOON_RADIUS_M
    return (
        f"+proj=stere +lat_0={scene.latitude_deg:.9f} +lon_0={scene.longitude_deg:.9f} "
        f"+k_0={scale:.9f} +x_0=0 +y_0=0 +R={MOON_RADIUS_M:.0f} +units=m +no_defs"
    )


def transform_of(scene: Scene) -> rasterio.Affine:
    """Return the transform from cells to metres of the CRS, whose origin is the square's middle."""
    rows, cols = scene.elevation_m.shape
    return from_origin(-0.5 * cols * CELL_M, 0.5 * rows * CELL_M, CELL_M, CELL_M)


def describe(scene: Scene) -> dict[str, Any]:
    """Describe everything about a scene that a detector may know."""
    legs, hazards = scene.mission.vehicle.legs, scene.mission.hazards
    rows, cols = scene.elevation_m.shape
    return {
        "scene": scene.number,
        "benchmark": BENCHMARK,
        "set": "evaluation" if scene.evaluation else "training",
        "sampling": scene.sampling.kind,
        "noise_m": scene.sampling.noise_m,
        "noise_of": scene.sampling.noise_of,
        "shape": [rows, cols],
        "cell_m": CELL_M,
        "datum_m": scene.datum_m,
        "latitude_deg": scene.latitude_deg,
        "longitude_deg": scene.longitude_deg,
        "crs": crs_of(scene),
        "lander": {
            "footprint_m": hazards.footprint_m,
            "legs": legs.count,
            "span_m": legs.span_m,
            "pad_m": legs.pad_m,
            "belly_clearance_m": legs.belly_clearance_m,
        },
        "limits": {"slope_deg": hazards.slope_deg, "roughness_m": hazards.obstacle_m},
    }


def write_scene(scene: Scene, folder: Path) -> list[Path]:
    """Write a scene as any detector takes it.

    Parameters
    ----------
    scene : Scene
        What to write.
    folder : Path
        Made if it is not there; files of an earlier scene in it are replaced.

    Returns
    -------
    list of Path
        elevation.tif (single precision above the datum, which is the band's offset), elevation.npy
        (the same array), scene.json and hillshade.png.

    Raises
    ------
    SceneError
        If the folder cannot be written to.

    Examples
    --------
    >>> from pathlib import Path
    >>> from farside.scenes import make_scene, write_scene
    >>> [path.name for path in write_scene(make_scene(7), Path("scene-7"))]
    ['elevation.tif', 'elevation.npy', 'scene.json', 'hillshade.png']
    """
    rows, cols = scene.elevation_m.shape
    with _fresh(folder) as fresh:
        np.save(fresh / "elevation.npy", scene.elevation_m)
        write_whole(fresh / "scene.json", json.dumps(describe(scene), indent=2) + "\n")
        with rasterio.open(
            fresh / "elevation.tif", "w", driver="GTiff", width=cols, height=rows, count=1,
            dtype="float32", crs=crs_of(scene), transform=transform_of(scene), nodata=np.nan,
        ) as file:  # fmt: skip
            file.write(scene.elevation_m, 1)
            file.offsets = (scene.datum_m,)
            file.units = ("m",)
            file.set_band_description(1, "elevation")
        check_written(fresh / "elevation.tif")
        draw_hillshade(scene, fresh / "hillshade.png")
    return [folder / name for name in FILES]


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """Return an empty folder whose files go into another in the end: all of them, or none."""
    made = [above for above in (folder, *folder.parents) if not above.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".farside-", dir=folder) as name:
            yield Path(name)
            for path in Path(name).iterdir():
                path.replace(folder / path.name)
    except BaseException as why:
        with suppress(OSError):
            for above in made:
                above.rmdir()
        if isinstance(why, OSError | RasterioError | UnicodeEncodeError):
            raise SceneError(cannot_write(folder, why)) from None
        raise


def check_training(number: int) -> None:
    """Refuse a scene whose truth is kept.

    Parameters
    ----------
    number : int
        Of the scene.

    Raises
    ------
    SceneError
        Its truth is kept for evaluation, or there is no such scene.

    Examples
    --------
    >>> from farside.scenes import check_training
    >>> check_training(7)
    >>> check_training(1000)
    Traceback (most recent call last):
        ...
    farside.scenes.scene.SceneError: scene 1000 is kept for evaluation: ...
    """
    if scene_number(number) >= EVALUATION_FROM:
        raise SceneError(
            f"scene {number} is kept for evaluation: train on scenes below {EVALUATION_FROM}, "
            "whose truth --truth writes"
        )


def write_truth(scene: Scene, folder: Path) -> Path:
    """Write the truth of a training scene, to learn from.

    Parameters
    ----------
    scene : Scene
        Its number must be below 1000.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        truth.npz: heights_m, slope_deg, deviation_m, safe (footprint), safe_stand (legs as well),
        scored, and the labels, craters and rocks.

    Raises
    ------
    SceneError
        For a scene that is kept for evaluation, or a folder that cannot be written to.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from farside.scenes import make_scene, write_truth
    >>> path = write_truth(make_scene(7), Path("scene-7"))
    >>> with np.load(path) as held:
    ...     held["safe"].shape, int(held["safe"].sum() - held["safe_stand"].sum()) >= 0
    ((512, 512), True)
    """
    check_training(scene.number)
    truth, stand = truth_of(scene.number), truth_of(scene.number, "stand")
    with _fresh(folder) as fresh:
        np.savez_compressed(
            fresh / "truth.npz",
            heights_m=truth.ground.heights_m,
            slope_deg=truth.slope_deg.astype(np.float32),
            deviation_m=truth.deviation_m.astype(np.float32),
            safe=truth.safe,
            safe_stand=stand.safe,
            scored=truth.scored & stand.scored,
            craters=truth.ground.craters,
            rocks=truth.ground.rocks,
        )
    return folder / "truth.npz"


def read_mask(path: Path, scene: Scene) -> Mask:
    """Read a detector's mask of a scene.

    Parameters
    ----------
    path : Path
        A `.npy` array, or a GeoTIFF of one band (or with one named probability or safe) on the
        scene's own grid: 0 and 1, or probabilities from 0 to 1.
    scene : Scene
        Which it is a mask of.

    Returns
    -------
    ndarray, (rows, cols), bool or float32

    Raises
    ------
    SceneError
        One line: not there, not readable, another grid, another type, values that mean nothing.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from farside.scenes import make_scene, read_mask
    >>> np.save("mask.npy", np.zeros((512, 512), bool))
    >>> mask = read_mask(Path("mask.npy"), make_scene(7))
    >>> mask.shape, str(mask.dtype), int(mask.sum())
    ((512, 512), 'bool', 0)
    """
    if not path.is_file():
        raise SceneError(f"{path}: there is no such file; give the mask to score")
    values = _load(path) if path.suffix.lower() == ".npy" else _open(path, scene)
    shape = scene.elevation_m.shape
    if values.shape != shape:
        raise SceneError(
            f"{path.name}: has {' x '.join(map(str, values.shape)) or 'no'} cells, scene "
            f"{scene.number} has {shape[0]} x {shape[1]}; give one value for each of its cells"
        )
    if values.dtype.kind in "biu":
        if not np.isin(values, (0, 1)).all():
            raise SceneError(
                f"{path.name}: holds {_stray(values)}; write 1 where it is safe and 0 elsewhere, "
                "or probabilities as floating-point numbers"
            )
        return values.astype(np.bool_)
    if values.dtype.kind != "f":
        raise SceneError(
            f"{path.name}: holds {values.dtype}; give uint8 (1 = safe) or float32 (probability)"
        )
    if np.isnan(values).any():
        raise SceneError(f"{path.name}: holds NaN; write 0 where nothing is known")
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise SceneError(
            f"{path.name}: runs from {values.min():g} to {values.max():g}; "
            "probabilities lie between 0 and 1"
        )
    return values.astype(np.float32)


def _stray(values: NDArray[Any]) -> str:
    return str(values[~np.isin(values, (0, 1))].flat[0])


def _load(path: Path) -> NDArray[Any]:
    try:
        values = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, tokenize.TokenError) as why:
        raise SceneError(
            f"{path.name}: not a .npy array, or cut short; write it with numpy.save"
        ) from why
    if not isinstance(values, np.ndarray):
        raise SceneError(f"{path.name}: holds several arrays; write one with numpy.save")
    return values


def _open(path: Path, scene: Scene) -> NDArray[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                band = _band(file, path.name)
                if (file.height, file.width) == scene.elevation_m.shape:
                    _check_place(file, path.name, scene)
                return np.asarray(file.read(band))
    except (RasterioError, UnicodeEncodeError) as why:
        raise SceneError(
            f"{path.name}: neither a raster nor a .npy array, or cut short; write it again"
        ) from why


def _band(file: rasterio.DatasetReader, name: str) -> int:
    if file.count == 1:
        return 1
    for wanted in NAMED:
        if wanted in file.descriptions:
            return int(file.descriptions.index(wanted)) + 1
    raise SceneError(
        f"{name}: has {file.count} bands, and none is named probability or safe; give one"
    )


def _check_place(file: rasterio.DatasetReader, name: str, scene: Scene) -> None:
    """Compare the four corners on the ground, however a CRS is written."""
    if file.crs is None:
        raise SceneError(f"{name}: has no CRS; give it that of elevation.tif, or write a .npy")
    rows, cols = scene.elevation_m.shape
    corners = np.array([0, cols, 0, cols]), np.array([0, 0, rows, rows])
    x, y = apply(file.transform, *corners)
    want = np.array(apply(transform_of(scene), *corners))
    try:
        to_scene = pyproj.Transformer.from_crs(
            pyproj.CRS.from_wkt(file.crs.to_wkt()), pyproj.CRS(crs_of(scene)), always_xy=True
        )
        apart_m = np.abs(np.array(to_scene.transform(x, y, errcheck=True)) - want).max()
    except ProjError as why:
        raise SceneError(
            f"{name}: its CRS is not the Moon's; give it that of elevation.tif, or write a .npy"
        ) from why
    if not apart_m <= 0.1 * CELL_M:
        raise SceneError(
            f"{name}: its corners lie up to {apart_m:.3g} m from those of scene {scene.number}; "
            "give it the CRS and transform of elevation.tif, or write a .npy"
        )
