"""The command `farside render`."""

import math
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli import hazards as words
from farside.cli import options
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from farside.ground import Ground
    from farside.mission import Mission
    from farside.mission.camera import Camera
    from farside.raster import Dem
    from farside.sensors.viewpoint import Pose

#: Height of the picture of a descent where none is asked for [m].
HEIGHT_M = 2400.0

CameraName = Annotated[
    str | None,
    typer.Option(
        "--camera",
        metavar="NAME",
        help="A camera of the mission, or lcam, gnc30 or lvs; what looks most nearly down if "
        "not given.",
    ),
]
AtHeight = Annotated[
    float | None,
    typer.Option(
        metavar="M",
        help="The moment of the nominal descent at which the lander is so high above the site's "
        "sphere; 2400 if neither moment nor place is given.",
    ),
]
AtTime = Annotated[
    float | None,
    typer.Option(metavar="S", help="The moment so long after the descent's initiation."),
]
RSite = Annotated[
    tuple[float, float, float] | None,
    typer.Option("--r-site", metavar="E N U", help="Place of the lens [m] from the site."),
]
Attitude = Annotated[
    tuple[float, float, float, float] | None,
    typer.Option(
        "--q",
        metavar="W X Y Z",
        help="Quaternion from body to site, scalar first; upright, body x east, if not given.",
    ),
]
SunAt = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--sun",
        metavar="AZ EL",
        help="The Sun's azimuth from north through east and elevation at the site, deg; that of "
        "the mission's time if not given.",
    ),
]
SiteAt = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--site",
        metavar="LAT LON",
        help="Another site, deg north and east, planetocentric, with the mission's ground "
        "statistics and time.",
    ),
]
Photometry = Annotated[
    str, typer.Option(metavar="LAW", help="hapke, lommel-seeliger, lunar-lambert or lambert.")
]
Exposure = Annotated[
    float | None,
    typer.Option("--exposure", metavar="S", help="Exposure; chosen from the Sun if not given."),
]
Perfect = Annotated[
    bool, typer.Option("--perfect", help="No mounting error and no noise of the detector.")
]
Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder to write to; pictures/MISSION if not given."),
]


def render(
    mission: options.Mission = "chang-e-6",
    camera: CameraName = None,
    at_height: AtHeight = None,
    time: AtTime = None,
    r_site: RSite = None,
    q: Attitude = None,
    sun: SunAt = None,
    site: SiteAt = None,
    dem: options.Dems = None,
    unit: words.Unit = None,
    nodata: words.Nodata = None,
    photometry: Photometry = "hapke",
    exposure: Exposure = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of ground and noise.")] = 0,
    perfect: Perfect = False,
    out: Folder = None,
) -> int:
    """Take a picture of the ground as a lander's camera sees it, with the truth of each pixel.

    Writes image.png, truth.npz, both as GeoTIFF, and picture.json. Exit status: 0, or 2 bad input.
    """
    if sum(each is not None for each in (at_height, time, r_site)) > 1:
        raise typer.TyperException("--at-height, --time and --r-site each name a place; give one")
    if q is not None and r_site is None:
        raise typer.TyperException("--q turns the lander at a place; give it with --r-site")
    if site is not None and r_site is None:
        raise typer.TyperException("--site has no descent flown to it; give a place with --r-site")
    if (unit is not None or nodata is not None) and not dem:
        raise typer.TyperException(
            "--unit and --nodata say what a raster holds; give it with --dem"
        )
    from farside.cli.tables import console
    from farside.mission import load_mission
    from farside.report.output import check_output
    from farside.report.shots import FOLDER, Shot, save_picture
    from farside.sensors.camera import take_picture

    try:
        plan = load_mission(mission)
        folder = out or Path("pictures") / plan.name
        check_output(folder, FOLDER)
        dems = _dems(dem, unit, nodata)
        eye = None if camera is None else _camera(plan, camera)
        if r_site is None:
            moment = _flown(plan, dems, seed, at_height, time)
        else:
            moment = _placed(plan, dems, seed, site, (r_site, q))
        ground, pose, at_s = moment
        eye = eye or _lowest_looking(plan, pose, ground.radius_m)
        toward = _sun(plan, ground, at_s, sun)
        picture = take_picture(
            ground,
            eye,
            pose,
            toward,
            key=None if perfect else seed,
            photometry=photometry,
            exposure_s=exposure,
        )
        shot = Shot(ground, eye, pose, toward, picture)
        written = save_picture(shot, folder, command=_command())
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    screen = console()
    seen = picture.scene.distance_m
    screen.print(
        f"{eye.name}: {eye.pixels[0]} x {eye.pixels[1]} pixels, {1e3 * picture.exposure_s:.3g} ms; "
        + _sample(eye, seen.tolist())
    )
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return 0


def _command() -> str:
    """Return the command line as it was given."""
    import sys

    return shlex.join(["farside", *sys.argv[1:]])


def _sample(camera: "Camera", distances: list[list[float]]) -> str:
    """Return the line about what a pixel sees."""
    near = [each for row in distances for each in row if math.isfinite(each)]
    if not near:
        return "nothing but sky"
    return f"{camera.sample_m(min(near)):.3g} m a pixel where the ground is nearest"


def _dems(
    paths: list[Path] | None, unit: str | None, nodata: float | None
) -> "tuple[Path | Dem, ...]":
    from farside.raster import Dem

    if unit is None and nodata is None:
        return tuple(paths or ())
    return tuple(Dem(str(path), unit, nodata) for path in paths or ())


def _lowest_looking(plan: "Mission", pose: "Pose", radius_m: float) -> "Camera":
    """Return the camera of the mission that looks most nearly straight down; lcam without one."""
    from farside.mission.camera import Camera, nadir_cosine

    return max(
        plan.sensors.camera,
        key=lambda each: nadir_cosine(each, pose.q_site_body, pose.r_site, radius_m),
        default=Camera(name="lcam"),
    )


def _camera(plan: "Mission", name: str) -> "Camera":
    """Return a camera of the mission by name, or of a class of cameras."""
    from farside.mission.camera import PRESETS, Camera

    own = plan.sensors.camera
    for each in own:
        if each.name == name:
            return each
    if name not in PRESETS:
        known = ", ".join([each.name for each in own] + list(PRESETS))
        raise typer.TyperException(f"--camera {name}: there is none of that name; known: {known}")
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in PRESETS[name].items()
    }
    return Camera(name=name, **values)


def _placed(
    plan: "Mission",
    dems: "tuple[Path | Dem, ...]",
    seed: int,
    site: tuple[float, float] | None,
    place: "tuple[tuple[float, float, float], tuple[float, float, float, float] | None]",
) -> "tuple[Ground, Pose, float]":
    """Return the ground and a pose that was given, at initiation."""
    from farside.ground import Ground
    from farside.ground.measured import measure
    from farside.mission.moon import MEAN_RADIUS_M
    from farside.sensors.viewpoint import Pose

    if site is not None:
        latitude, longitude = site
        if not (-90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 360.0):
            raise typer.TyperException(
                f"--site {latitude:g} {longitude:g}: -90 to 90 deg north, -180 to 360 deg east"
            )
        azimuth, reach = plan.orbit.arrival_azimuth_deg, plan.ground.radius_m
        found = measure(latitude, longitude % 360.0, azimuth, reach, dems)
        there = replace(
            plan.site,
            latitude_deg=latitude,
            longitude_deg=longitude % 360.0,
            elevation_m=found.arcs.arc_m - MEAN_RADIUS_M,
        )
        plan = replace(plan, site=there)
    r_site, q = place
    return Ground(plan, dems, seed), Pose(r_site, q or (1.0, 0.0, 0.0, 0.0)), 0.0


def _flown(
    plan: "Mission",
    dems: "tuple[Path | Dem, ...]",
    seed: int,
    height_m: float | None,
    time_s: float | None,
) -> "tuple[Ground, Pose, float]":
    """Return the ground, the pose and the time of a moment of the nominal descent."""
    from farside.ext.common._records import TICK_HZ
    from farside.flight import land
    from farside.ground import Ground
    from farside.sensors.viewpoint import Pose

    landing = land(plan, seed=seed, nominal=True, dems=dems, imaging=False)
    rows = landing.telemetry
    if time_s is not None:
        end_s = int(rows["tick"][-1]) / TICK_HZ
        if not 0.0 <= time_s <= end_s:
            raise typer.TyperException(f"--time {time_s:g}: the descent takes {end_s:.0f} s")
        at = int(rows["tick"].searchsorted(time_s * TICK_HZ))
    else:
        wanted = HEIGHT_M if height_m is None else height_m
        r = rows["r_site"] + [0.0, 0.0, landing.radius_m]
        heights = (r * r).sum(axis=1) ** 0.5 - landing.radius_m
        below = (heights <= wanted).nonzero()[0]
        if not below.size or below[0] == 0:
            raise typer.TyperException(
                f"--at-height {wanted:g}: the descent begins at {float(heights[0]):.0f} m above "
                f"the site and ends at {float(heights[-1]):.0f} m"
            )
        at = int(below[0])
    row = rows[at]
    pose = Pose(
        *(tuple(row[name].tolist()) for name in ("r_site", "q_site_body", "v_site", "omega_body"))
    )
    ground = landing.ground or Ground(plan, dems, seed)
    return ground, pose, int(row["tick"]) / TICK_HZ


def _sun(
    plan: "Mission", ground: "Ground", at_s: float, given: tuple[float, float] | None
) -> "list[float]":
    """Return the unit vector to the Sun, site frame."""
    from datetime import datetime, timedelta

    from farside.ext.common import deterministic
    from farside.mission import SiteFrame, sun_direction

    if given is not None:
        azimuth, elevation = (math.radians(each) for each in given)
        if not abs(given[1]) <= 90.0:
            raise typer.TyperException(f"--sun: an elevation of {given[1]:g}; give -90 to 90 deg")
        level = deterministic.cos(elevation)
        return [
            level * deterministic.sin(azimuth),
            level * deterministic.cos(azimuth),
            deterministic.sin(elevation),
        ]
    frame = SiteFrame(ground.arcs.latitude_deg, ground.arcs.longitude_deg, ground.radius_m)
    begun = datetime.fromisoformat(str(plan.epoch.pdi_utc).replace("Z", "+00:00"))
    found = sun_direction(begun + timedelta(seconds=at_s), frame).unit_site
    return [float(part) for part in found]
