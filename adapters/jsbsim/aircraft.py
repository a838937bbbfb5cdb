"""A mission's lander, engine and Moon as the XML files that JSBSim reads.

Lengths are metres in JSBSim's structural axes (x aft, y right, z up; the origin is the centre of
the plane of the footpads).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as xml

import numpy as np

from farside.dynamics.vehicle import contact_points
from farside.mission import Mission
from farside.mission.moon import GM, J2, MEAN_RADIUS_M, ROTATION_RADPS, STANDARD_GRAVITY_MPS2
from farside.mission.writing import write_whole

POUND_KG = 0.45359237
#: Name of the aircraft: of its folder and of its file.
AIRCRAFT = "lander"


class Tanks(NamedTuple):
    """Where four equal tanks stand, so that they balance as the mission's propellant does [m]."""

    before: float  # fuel, before and behind the middle
    aside: float  # oxidizer, left and right
    apart: float  # half the distance in height between fuel and oxidizer
    height: float  # of their middle above the plane of the footpads


def tanks_of(mission: Mission) -> Tanks:
    """Return where tanks give the mission's centre of mass and inertia, full and empty.

    With m the propellant in fuel before and behind (+-a, 0, c) and oxidizer left and right
    (0, +-b, -c), its moments about its middle are m b^2 / 2 + m c^2, m a^2 / 2 + m c^2 and
    m (a^2 + b^2) / 2; the shift of the common centre adds to the first two.
    """
    vehicle, body = mission.vehicle, mission.vehicle.body
    used, full, dry = vehicle.usable_propellant_kg, vehicle.descent_mass_kg, vehicle.dry_mass_kg
    # centre of the propellant, so that the full lander balances where the mission says
    height = (full * body.com_height_full_m - dry * body.com_height_dry_m) / used
    dxx, dyy, dzz = np.subtract(body.inertia_full_kgm2, body.inertia_dry_kgm2)
    shift = used * dry / full * (height - body.com_height_dry_m) ** 2
    return Tanks(
        before=math.sqrt(max(0.0, (dyy + dzz - dxx) / (2.0 * 0.5 * used))),
        aside=math.sqrt(max(0.0, (dxx + dzz - dyy) / (2.0 * 0.5 * used))),
        apart=math.sqrt(max(0.0, (0.5 * (dxx + dyy - dzz) - shift) / used)),
        height=height,
    )


def _add(
    parent: xml.Element, tag: str, text: float | str | None = None, **names: str
) -> xml.Element:
    """Add an element; a float is written so that it reads back to the bit."""
    element = xml.SubElement(parent, tag, names)
    if text is not None:
        element.text = text if isinstance(text, str) else repr(float(text))
    return element


def _place(parent: xml.Element, x: float, y: float, z: float, **names: str) -> None:
    """Add a location in our body axes: x is forward and y left, structural x aft and y right."""
    location = _add(parent, "location", unit="M", **names)
    for axis, value in (("x", -x), ("y", -y), ("z", z)):
        _add(location, axis, value)


def _moon(root: xml.Element, j2: bool) -> None:
    planet = _add(root, "planet", name="Moon")
    _add(planet, "semimajor_axis", MEAN_RADIUS_M, unit="M")
    _add(planet, "semiminor_axis", MEAN_RADIUS_M, unit="M")
    _add(planet, "rotation_rate", ROTATION_RADPS, unit="RAD/SEC")
    _add(planet, "GM", GM, unit="M3/SEC2")
    _add(planet, "J2", J2 if j2 else 0.0)


def _masses(root: xml.Element, mission: Mission) -> None:
    """Add reference lengths and places, and the dry lander."""
    body = mission.vehicle.body
    metrics = _add(root, "metrics")
    _add(metrics, "wingarea", "1", unit="M2")
    for name in ("wingspan", "chord"):
        _add(metrics, name, "1", unit="M")
    for name, height in (
        ("AERORP", body.com_height_dry_m),
        ("EYEPOINT", body.com_height_dry_m),
        ("VRP", 0.0),
    ):
        _place(metrics, 0.0, 0.0, height, name=name)
    balance = _add(root, "mass_balance")
    for name, moment in zip(("ixx", "iyy", "izz"), body.inertia_dry_kgm2, strict=True):
        _add(balance, name, moment, unit="KG*M2")
    for name in ("ixy", "ixz", "iyz"):
        _add(balance, name, "0", unit="KG*M2")
    _add(balance, "emptywt", mission.vehicle.dry_mass_kg, unit="KG")
    _place(balance, *body.com_offset_m, body.com_height_dry_m, name="CG")


def _legs(root: xml.Element, mission: Mission) -> None:
    legs = mission.vehicle.legs
    reactions = _add(root, "ground_reactions")
    for i, pad in enumerate(contact_points(mission)[0][: legs.count]):
        contact = _add(reactions, "contact", type="STRUCTURE", name=f"leg-{i}")
        _place(contact, *pad)
        _add(contact, "static_friction", legs.friction)
        _add(contact, "dynamic_friction", legs.friction)
        _add(contact, "spring_coeff", legs.stiffness_npm, unit="N/M")
        _add(contact, "damping_coeff", legs.damping_nspm, unit="N/M/SEC")


def _torques(root: xml.Element) -> None:
    """Add a moment about each body axis, for the attitude thrusters."""
    reactions = _add(root, "external_reactions")
    for axis in "xyz":
        moment = _add(reactions, "moment", name=f"torque-{axis}", frame="BODY")
        direction = _add(moment, "direction")
        for other in "xyz":
            _add(direction, other, str(int(other == axis)))


def _tank_places(mission: Mission) -> Iterator[tuple[str, float, float, float]]:
    ox, oy = mission.vehicle.body.com_offset_m
    tanks = tanks_of(mission)
    for sign in (1.0, -1.0):
        yield "FUEL", ox + sign * tanks.before, oy, tanks.height + tanks.apart
    for sign in (1.0, -1.0):
        yield "OXIDIZER", ox, oy + sign * tanks.aside, tanks.height - tanks.apart


def _propulsion(root: xml.Element, mission: Mission) -> None:
    propulsion = _add(root, "propulsion")
    engine = _add(propulsion, "engine", file="engine")
    for i in range(4):
        _add(engine, "feed", str(i))
    thruster = _add(engine, "thruster", file="nozzle")
    _place(thruster, 0.0, 0.0, mission.vehicle.legs.belly_clearance_m)
    pointing = _add(thruster, "pointing")
    for axis, value in (("x", "0"), ("y", "0"), ("z", "-1")):
        _add(pointing, axis, value)
    for kind, x, y, z in _tank_places(mission):
        tank = _add(propulsion, "tank", type=kind)
        _place(tank, x, y, z)
        for name in ("capacity", "contents"):
            _add(tank, name, mission.vehicle.usable_propellant_kg / 4, unit="KG")


def _text(root: xml.Element) -> str:
    xml.indent(root)
    return '<?xml version="1.0"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def aircraft_xml(mission: Mission, *, j2: bool = False) -> str:
    """Return a mission's lander and its Moon as a JSBSim aircraft file.

    Four tanks, fuel before and behind, oxidizer left and right, drain alike; where they stand
    makes centre of mass and inertia those of the mission, full and empty.

    Returns
    -------
    str
        XML.
    """
    root = xml.Element("fdm_config", name=mission.name, version="2.0", release="ALPHA")
    header = _add(root, "fileheader")
    _add(header, "author", "farside")
    _add(header, "description", mission.name)
    _moon(root, j2)
    _masses(root, mission)
    _legs(root, mission)
    _torques(root)
    _propulsion(root, mission)
    # JSBSim asks for axes, though nothing acts along them
    aerodynamics = _add(root, "aerodynamics")
    for name in ("DRAG", "SIDE", "LIFT", "ROLL", "PITCH", "YAW"):
        _add(aerodynamics, "axis", name=name)
    return _text(root)


def write_aircraft(mission: Mission, folder: str | Path, *, j2: bool = False) -> Path:
    """Write a mission's lander for JSBSim: aircraft/lander/lander.xml and engine/ in a folder.

    Parameters
    ----------
    mission : Mission
        Vehicle and site.
    folder : path
        JSBSim's root; made if it is not there.
    j2 : bool
        Whether the Moon is flattened; else a point mass.

    Returns
    -------
    Path
        The aircraft file. Set `atmosphere/override/pressure` to 0 before `run_ic`: JSBSim keeps
        the Earth's air on other planets, and its nozzle loses pressure times area.

    References
    ----------
    .. [1] Berndt, J. S., "JSBSim: an open source flight dynamics model in C++", AIAA 2004-4923,
       2004.

    Examples
    --------
    >>> from farside.adapters.jsbsim import write_aircraft
    >>> from farside.mission import load_mission
    >>> write_aircraft(load_mission("chang-e-6"), "jsbsim").as_posix()
    'jsbsim/aircraft/lander/lander.xml'
    """
    folder = Path(folder)
    engine = mission.vehicle.engine
    flow_lbps = engine.thrust_max_n / (engine.isp_s * STANDARD_GRAVITY_MPS2) / POUND_KG
    rocket = xml.Element("rocket_engine", name="engine")
    _add(rocket, "isp", engine.isp_s)
    # No lower limit of the throttle here: thrust that lags behind a cut-off passes below it.
    _add(rocket, "minthrottle", "0.0")
    _add(rocket, "maxthrottle", "1.0")
    _add(rocket, "propflowmax", flow_lbps, unit="LBS/SEC")
    _add(rocket, "mixtureratio", "1.0")
    nozzle = xml.Element("nozzle", name="nozzle")
    _add(nozzle, "area", "0.001", unit="M2")
    write_whole(folder / "engine" / "engine.xml", _text(rocket))
    write_whole(folder / "engine" / "nozzle.xml", _text(nozzle))
    path = folder / "aircraft" / AIRCRAFT / f"{AIRCRAFT}.xml"
    write_whole(path, aircraft_xml(mission, j2=j2))
    return path
