"""How the true lander comes to rest, beside what the flight side predicts of it.

    python -m studies.rest_study --drops 200

drops the lander of each mission on planes, at the speeds, tilts and rates that the mission expects
at contact and at harder ones, until it is at rest, and writes docs/rest-study.md: the tilt against
the plane and the belly clearance left, beside `farside.terrain.touchdown`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle
from farside.ext.dynamics._plant import PlantModel
from farside.ext.ground._ground import GroundModel
from farside.mission import FlightConfig, Mission, load_mission
from farside.mission.frames import SiteFrame
from farside.terrain import LanderFootprint
from farside.terrain.touchdown import contact_speed

Floats = NDArray[np.float64]

PAGE = Path(__file__).parents[1] / "docs" / "rest-study.md"
MISSIONS = ("chang-e-6", "chang-e-4")
SLOPES_DEG = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
#: Of the ground that a drop sees: posts a metre apart, which a plane needs no closer.
HALF_M = 16
#: Above the ground at the start [m], and the longest that a drop takes [s].
START_M, LONGEST_S = 0.02, 60.0


@dataclass(frozen=True)
class Errors:
    """1-sigma errors at contact, each axis."""

    vertical_mps: float
    horizontal_mps: float
    tilt_deg: float
    rate_dps: float


@dataclass(frozen=True)
class Dropped:
    """What became of the drops on one slope; arrays of one number a drop."""

    rested: NDArray[np.bool_]
    along_deg: Floats  # of the rest against the plane, steeper where above 0
    across_deg: Floats
    belly_m: Floats  # between plane and the lowest part of the body, along the plane's normal


def expected_errors(mission: Mission) -> Errors:
    """Return the errors that the flight side expects."""
    contact = mission.contact
    return Errors(
        contact_speed(FlightConfig.of(mission))[1],
        contact.horizontal_sigma_mps,
        contact.tilt_sigma_deg,
        contact.rate_sigma_dps,
    )


class Dropper:
    """Drops the true lander of a mission on planes."""

    def __init__(self, mission: Mission) -> None:
        contact, legs = mission.contact, mission.vehicle.legs
        self.mission, self.vehicle = mission, build_vehicle(mission)
        self.mass_kg = (
            mission.vehicle.dry_mass_kg
            + contact.propellant_left * mission.vehicle.usable_propellant_kg
        )
        self.speed_mps = contact_speed(FlightConfig.of(mission))[0]
        site = mission.site
        self.frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
        offset = [*self.vehicle["com_offset_m"], float(mission.vehicle.com_height_m(self.mass_kg))]
        points = np.array(self.vehicle["point_base_m"]).reshape(-1, 3) - np.array(offset)
        self.pads = points[: legs.count]
        self.belly = points[legs.count : legs.count + self.vehicle["belly_points"]]

    def drop(self, slope_deg: float, errors: Errors, rng: np.random.Generator) -> tuple[Any, ...]:
        """Drop once at a random heading: rested, tilt along and across [deg], belly [m]."""
        uphill, heading = rng.uniform(0.0, 2.0 * math.pi, 2)
        up = np.array([math.cos(uphill), math.sin(uphill)])
        plane = math.tan(math.radians(slope_deg)) * up
        turn = np.radians(errors.tilt_deg * rng.normal(size=2))
        q = product(turned(np.array([*turn, 0.0])), turned(np.array([0.0, 0.0, heading])))
        pads = self.pads @ rotation_matrix(q).T
        state = {
            "r_site": [0.0, 0.0, float((pads[:, :2] @ plane - pads[:, 2]).max()) + START_M],
            "v_site": [
                *(errors.horizontal_mps * rng.normal(size=2)),
                -(self.speed_mps + errors.vertical_mps * rng.normal()),
            ],
            "q_site_body": q.tolist(),
            "omega_body": [*np.radians(errors.rate_dps * rng.normal(size=2)), 0.0],
            "mass_kg": self.mass_kg,
        }
        model = PlantModel(
            self.vehicle, moon_numbers(self.frame), plane_ground(self.frame.radius_m, plane), state
        )
        for _ in range(round(10.0 * LONGEST_S)):
            model.step(0.0, np.zeros(3), 10)
            if model.plant["at_rest"] or model.plant["lost"]:
                break
        now = model.plant
        axes = rotation_matrix(np.array(now["state"]["q_site_body"]))
        off = -axes[:2, 2] / axes[2, 2] - plane
        places = self.belly @ axes.T + np.array(now["state"]["r_site"])
        gaps = (places[:, 2] - places[:, :2] @ plane) / math.sqrt(1.0 + plane @ plane)
        tilts = np.degrees(np.arctan([off @ up, off @ np.array([-up[1], up[0]])]))
        return bool(now["at_rest"]), *tilts, float(gaps.min())

    def on(self, slope_deg: float, errors: Errors, drops: int, seed: int) -> Dropped:
        """Drop many times on one slope."""
        rng = np.random.default_rng([seed, round(10 * slope_deg)])
        rested, along, across, belly = zip(
            *(self.drop(slope_deg, errors, rng) for _ in range(drops)), strict=True
        )
        return Dropped(np.array(rested), np.array(along), np.array(across), np.array(belly))


def turned(angle_rad: Floats) -> Floats:
    """Return the quaternion of a turn about an axis, given as their product."""
    size = float(np.linalg.norm(angle_rad))
    axis = angle_rad / size if size > 0.0 else np.zeros(3)
    return np.array([math.cos(0.5 * size), *(math.sin(0.5 * size) * axis)])


def product(a: Floats, b: Floats) -> Floats:
    """Return the product of two quaternions."""
    vector = a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])
    return np.array([a[0] * b[0] - a[1:] @ b[1:], *vector])


def rotation_matrix(q: Floats) -> Floats:
    """Return the matrix that takes body components to the site's."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def plane_ground(radius_m: float, plane: Floats) -> GroundModel:
    """Return the true ground as a plane through the site, of a gradient along east and north."""
    model = GroundModel(radius_m, radius_m, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    at = np.arange(-HALF_M, HALF_M + 1.0)
    east, north = np.meshgrid(at, at)
    z = np.ascontiguousarray(plane[0] * east + plane[1] * north, np.float32)
    blocks = -(-len(at) // 8)
    highest = float(z.max())
    top = np.full((blocks, blocks), highest, np.float32)
    model.set_grid("patch", z, top, highest, -float(HALF_M), -float(HALF_M), 1.0)
    return model


def predicted(mission: Mission, slope_deg: float, errors: Errors) -> tuple[float, float, float]:
    """Return what the flight side expects: 1-sigma of the tilt [deg]; belly, mean and 1-sigma."""
    contact = replace(
        mission.contact,
        horizontal_sigma_mps=errors.horizontal_mps,
        tilt_sigma_deg=errors.tilt_deg,
        rate_sigma_dps=errors.rate_dps,
    )
    lander = LanderFootprint.landed(replace(FlightConfig.of(mission), contact=contact))
    rest = lander.rest
    tilt = math.hypot(rest.tilt, rest.tilt_per_slope * math.tan(math.radians(slope_deg)))
    return math.degrees(tilt), lander.belly_left_m, rest.lowering_sigma_m


def row_of(dropper: Dropper, slope_deg: float, errors: Errors, drops: int) -> str:
    """Return one line of the table."""
    came = dropper.on(slope_deg, errors, drops, seed=13)
    tilt, belly, belly_sigma = predicted(dropper.mission, slope_deg, errors)
    off = float(np.sqrt(np.mean(came.along_deg**2)))
    return (
        f"| {slope_deg:g} | {came.rested.sum()} of {drops} "
        f"| {came.along_deg.mean():+.2f}, {came.along_deg.std():.2f} | {came.across_deg.std():.2f} "
        f"| {off:.2f} | {tilt:.2f} "
        f"| {came.belly_m.mean():.3f}, {came.belly_m.std():.3f}, {came.belly_m.min():.3f} "
        f"| {belly:.3f}, {belly_sigma:.3f} |"
    )


HEAD = """# How the lander comes to rest, beside what is foreseen

`python -m studies.rest_study` writes this page. The truth's lander (six degrees of freedom, liquid,
crushing legs, ground that yields) is dropped on planes at random headings, with the speed and mass
that `farside.terrain.touchdown` plans for, until it is at rest. Beside it stands what the flight
side foresees: a normal error of the tilt about the plane, and the belly clearance left. Only the
share of a contact tilt that is kept, 0.4, is fitted. Tilts are in degrees, clearances in metres;
*off* is the root mean square of the tilt against the plane along the slope, mean included.
"""

COLUMNS = (
    "| slope | at rest | along the slope: mean, 1 sigma | across: 1 sigma | off | off, foreseen "
    "| belly left: mean, 1 sigma, least | foreseen: mean, 1 sigma |\n|" + 8 * "---|"
)

READING = """## What it says

- Level ground: the tilt is met within 0.02 deg at the errors expected and 0.15 deg at hard ones,
  the clearance within 1 cm: dampers take energy that is foreseen for the crush.
- To 3 deg the lander stands less steep than the plane, for its uphill legs crush first. From 4 deg
  on it hops, its pads find fresh ground, and it stands about 1 deg steeper, or not, as the hop
  goes. A normal error without a mean stands for both. It is met within 0.45 deg where it is too
  small; it is up to 0.5 deg too large (Chang'e 6 at 8 deg), which is safe.
- On slopes of 4 deg and more the clearance is up to 10 cm above what is foreseen: the hole that a
  pad sinks into first is not where it stays. That is not counted on.
"""


def page(names: Sequence[str], drops: int) -> str:
    """Drop all landers and return the page."""
    lines = [HEAD]
    for name in names:
        mission = load_mission(name)
        dropper, expected = Dropper(mission), expected_errors(mission)
        hard = replace(expected, horizontal_mps=0.35, tilt_deg=1.4, rate_dps=1.0)
        kg, mps = dropper.mass_kg, dropper.speed_mps
        title = f"{name}, {drops} drops a slope, {kg:.0f} kg at {mps:.2f} m/s"
        for what, errors, slopes in (
            ("errors as expected", expected, SLOPES_DEG),
            ("0.35 m/s, 1.4 deg and 1 deg/s, each axis", hard, (0.0,)),
        ):
            lines += [f"## {title}: {what}\n", COLUMNS]
            lines += [row_of(dropper, slope, errors, drops) for slope in slopes]
            lines += [""]
    return "\n".join([*lines, READING])


def main() -> int:
    """Drop the landers and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--drops", type=int, default=200, help="on each slope")
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args()
    asked.out.write_text(page(MISSIONS, asked.drops))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
