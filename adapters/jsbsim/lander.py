"""JSBSim as the truth: its Moon, a lander made from the mission, and our autopilot in the loop.

Lengths of the aircraft file are metres in JSBSim's structural axes (x aft, y right, z up; the
origin is the centre of the plane of the footpads). Its body has x forward, z down: half a turn
about x from ours. The engine's lag is modelled here, for JSBSim's rocket has none; propellant,
mass and inertia are JSBSim's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from farside.adapters.uncopied import Uncopied
from farside.dynamics.vehicle import contact_points
from farside.ext.adapters._ecef import FromEcef, Taps
from farside.flight.ideal import (
    HISTORY,
    TICKS_MAX,
    IdealStart,
    concluded,
    ideal_start,
    site_frame,
)
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import Mission, SiteFrame
from farside.mission.integers import whole_number
from farside.mission.moon import GM, J2, MEAN_RADIUS_M, ROTATION_RADPS
from farside.mission.writing import write_whole

Array = NDArray[np.float64]

FOOT_M = 0.3048
POUND_KG = 0.45359237
SLUG_KG = POUND_KG * 9.80665 / FOOT_M
POUND_FOOT_NM = POUND_KG * 9.80665 * FOOT_M
#: Our body from JSBSim's, and back: half a turn about x.
HALF_TURN = np.diag([1.0, -1.0, -1.0])
AIRCRAFT = "lander"
#: Read each tick (farside.ext.adapters._ecef.Taps).
READS = (
    *(f"position/ecef-{axis}-ft" for axis in "xyz"),
    *(f"velocities/ecef-{axis}-fps" for axis in "xyz"),
    *(f"velocities/{axis}i-rad_sec" for axis in "pqr"),
    *(f"velocities/{axis}-rad_sec" for axis in "pqr"),
    *(f"forces/fb{axis}-weight-lbs" for axis in "xyz"),
    "inertia/mass-slugs",
)
#: JSBSim's models switched off after the start: air, its controls, what they are told to.
IDLE = (
    *(f"FG{name}" for name in ("Input", "Atmosphere", "Winds", "FCS", "Aerodynamics")),
    *(f"FG{name}" for name in ("BuoyantForces", "Auxiliary", "Output")),
)


def aircraft_xml(mission: Mission, *, j2: bool = False) -> str:
    """Return a mission's lander and its Moon as a JSBSim aircraft file.

    Four tanks, fuel before and behind, oxidizer left and right, drain alike; where they stand
    makes centre of mass and inertia those of the mission, full and empty.

    Returns
    -------
    str
        XML.
    """
    vehicle, body, legs = mission.vehicle, mission.vehicle.body, mission.vehicle.legs
    engine = vehicle.engine
    used, full = vehicle.usable_propellant_kg, vehicle.descent_mass_kg
    dry = full - used
    ixx, iyy, izz = body.inertia_dry_kgm2
    # centre of the propellant, so that the full lander balances where the mission says
    height = (full * body.com_height_full_m - dry * body.com_height_dry_m) / used
    dxx, dyy, dzz = np.subtract(body.inertia_full_kgm2, body.inertia_dry_kgm2)
    # propellant's moments: A of x^2, B of y^2, C of z^2, less what the shift of the centre makes
    a = math.sqrt(max(0.0, (dyy + dzz - dxx) / (2.0 * 0.5 * used)))
    b = math.sqrt(max(0.0, (dxx + dzz - dyy) / (2.0 * 0.5 * used)))
    shift = used * dry / full * (height - body.com_height_dry_m) ** 2
    c = math.sqrt(max(0.0, (0.5 * (dxx + dyy - dzz) - shift) / used))
    ox, oy = body.com_offset_m

    def place(x: float, y: float, z: float) -> str:
        # our body x is forward and y left; structural x is aft and y right
        return f'unit="M"><x>{-x!r}</x><y>{-y!r}</y><z>{z!r}</z></location>'

    tanks = "".join(
        f'<tank type="{kind}"><location {place(ox + x, oy + y, z)}'
        f'<capacity unit="KG">{used / 4!r}</capacity><contents unit="KG">{used / 4!r}</contents>'
        "</tank>\n"
        for kind, x, y, z in (
            ("FUEL", a, 0.0, height + c),
            ("FUEL", -a, 0.0, height + c),
            ("OXIDIZER", 0.0, b, height - c),
            ("OXIDIZER", 0.0, -b, height - c),
        )
    )
    pads = contact_points(mission)[0][: legs.count]
    contacts = "".join(
        f'<contact type="STRUCTURE" name="leg-{i}"><location {place(*pad)}'
        f"<static_friction>{legs.friction}</static_friction>"
        f"<dynamic_friction>{legs.friction}</dynamic_friction>"
        f'<spring_coeff unit="N/M">{legs.stiffness_npm}</spring_coeff>'
        f'<damping_coeff unit="N/M/SEC">{legs.damping_nspm}</damping_coeff></contact>\n'
        for i, pad in enumerate(pads)
    )
    moments = "".join(
        f'<moment name="torque-{axis}" frame="BODY"><direction><x>{int(axis == "x")}</x>'
        f"<y>{int(axis == 'y')}</y><z>{int(axis == 'z')}</z></direction></moment>\n"
        for axis in "xyz"
    )
    # JSBSim asks for axes, though nothing acts along them
    axes = "".join(
        f'<axis name="{name}"/>' for name in ("DRAG", "SIDE", "LIFT", "ROLL", "PITCH", "YAW")
    )
    feeds = "".join(f"<feed>{i}</feed>" for i in range(4))
    return f"""<?xml version="1.0"?>
<fdm_config name="{mission.name}" version="2.0" release="ALPHA">
<fileheader><author>farside</author><description>{mission.name}</description></fileheader>
<planet name="Moon">
<semimajor_axis unit="M">{MEAN_RADIUS_M!r}</semimajor_axis>
<semiminor_axis unit="M">{MEAN_RADIUS_M!r}</semiminor_axis>
<rotation_rate unit="RAD/SEC">{ROTATION_RADPS!r}</rotation_rate>
<GM unit="M3/SEC2">{GM!r}</GM><J2>{J2 if j2 else 0.0!r}</J2>
</planet>
<metrics><wingarea unit="M2">1</wingarea><wingspan unit="M">1</wingspan><chord unit="M">1</chord>
<location name="AERORP" {place(0.0, 0.0, body.com_height_dry_m)}
<location name="EYEPOINT" {place(0.0, 0.0, body.com_height_dry_m)}
<location name="VRP" {place(0.0, 0.0, 0.0)}
</metrics>
<mass_balance>
<ixx unit="KG*M2">{ixx!r}</ixx><iyy unit="KG*M2">{iyy!r}</iyy><izz unit="KG*M2">{izz!r}</izz>
<ixy unit="KG*M2">0</ixy><ixz unit="KG*M2">0</ixz><iyz unit="KG*M2">0</iyz>
<emptywt unit="KG">{dry!r}</emptywt>
<location name="CG" {place(ox, oy, body.com_height_dry_m)}
</mass_balance>
<ground_reactions>
{contacts}</ground_reactions>
<external_reactions>
{moments}</external_reactions>
<propulsion>
<engine file="engine">{feeds}
<thruster file="nozzle"><location {place(0.0, 0.0, legs.belly_clearance_m)}
<pointing><x>0</x><y>0</y><z>-1</z></pointing></thruster></engine>
{tanks}</propulsion>
<aerodynamics>{axes}</aerodynamics>
</fdm_config>
<!-- full thrust {engine.thrust_max_n} N -->
"""


def write_aircraft(mission: Mission, folder: str | Path, *, j2: bool = False) -> Path:
    """Write a mission's lander for JSBSim: aircraft/lander/lander.xml and engine/ in a folder.

    Returns
    -------
    Path
        The aircraft file. Set `atmosphere/override/pressure` to 0 before `run_ic`: JSBSim keeps
        the Earth's air on other planets, and its nozzle loses pressure times area.
    """
    folder = Path(folder)
    engine = mission.vehicle.engine
    flow_lbps = engine.thrust_max_n / (engine.isp_s * 9.80665) / POUND_KG
    aircraft = folder / "aircraft" / AIRCRAFT
    # No lower limit of the throttle here: thrust that lags behind a cut-off passes below it.
    write_whole(
        folder / "engine" / "engine.xml",
        f'<?xml version="1.0"?>\n<rocket_engine name="engine"><isp>{engine.isp_s!r}</isp>'
        "<minthrottle>0.0</minthrottle><maxthrottle>1.0</maxthrottle>"
        f'<propflowmax unit="LBS/SEC">{flow_lbps!r}</propflowmax>'
        "<mixtureratio>1.0</mixtureratio></rocket_engine>\n",
    )
    write_whole(
        folder / "engine" / "nozzle.xml",
        '<?xml version="1.0"?>\n<nozzle name="nozzle"><area unit="M2">0.001</area></nozzle>\n',
    )
    path = aircraft / f"{AIRCRAFT}.xml"
    write_whole(path, aircraft_xml(mission, j2=j2))
    return path


def rotation(q: NDArray[np.float64]) -> Array:
    """Return the matrix that a quaternion (scalar first) stands for.

    Returns
    -------
    ndarray, (3, 3)
    """
    w, x, y, z = q
    return np.array(
        [
            [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
        ]
    )


def initial_conditions(frame: SiteFrame, first: IdealStart) -> dict[str, float]:
    """Turn a state of ours into JSBSim's `ic/` properties: a geocentric place, velocity, Euler.

    Near a pitch of 90 deg roll and yaw trade places, but together still say the same attitude.

    Returns
    -------
    dict
        Property to value, feet and radians: what `fdm[name] = value` takes before `run_ic`.
    """
    place = frame.lat_lon_radius(first.r_site)
    lat, lon = float(place.latitude_deg), float(place.longitude_deg)
    local = SiteFrame(lat, lon, float(place.radius_m))
    to_ned = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]) @ local.moon_to_site
    north, east, down = to_ned @ frame.vector_to_moon(first.v_site) / FOOT_M
    # rows: body axes in north, east, down
    m = HALF_TURN @ rotation(first.q_site_body).T @ frame.moon_to_site @ to_ned.T
    # roll over the whole turn where the pitch is 90 deg: there only its difference to yaw counts
    if math.hypot(m[0, 0], m[0, 1]) < 1e-9:
        roll, yaw = math.atan2(-m[2, 1], m[1, 1]), 0.0
    else:
        roll, yaw = math.atan2(m[1, 2], m[2, 2]), math.atan2(m[0, 1], m[0, 0])
    pitch = math.atan2(-m[0, 2], math.hypot(m[0, 0], m[0, 1]))
    # JSBSim starts with rates over the turning Moon
    moon_body = rotation(first.q_site_body).T @ frame.omega_site
    p, q, r = HALF_TURN @ (first.omega_body - moon_body)
    return {
        "ic/lat-gc-deg": lat,
        "ic/long-gc-deg": (lon + 180.0) % 360.0 - 180.0,
        "ic/h-sl-ft": (float(place.radius_m) - MEAN_RADIUS_M) / FOOT_M,
        "ic/phi-rad": roll,
        "ic/theta-rad": pitch,
        "ic/psi-true-rad": yaw % (2.0 * math.pi),
        "ic/vn-fps": float(north),
        "ic/ve-fps": float(east),
        "ic/vd-fps": float(down),
        "ic/p-rad_sec": float(p),
        "ic/q-rad_sec": float(q),
        "ic/r-rad_sec": float(r),
    }


class JsbsimLander(Uncopied):
    """A mission's lander in JSBSim, flown by commands of the autopilot.

    `obey(command)` flies a tick of 10 ms under command[0] of a structured array of `COMMAND`.

    Parameters
    ----------
    mission : Mission
    first : IdealStart
        Where it starts.
    rate_hz : int
        JSBSim's steps a second, a multiple of the 100 Hz of the commands.
    ground : Ground, optional
        The level under the lander is this ground's, one for all legs; the site's where not given.
    j2 : bool
        Whether the Moon is flattened; else a point mass.

    Raises
    ------
    ModuleNotFoundError
        Without JSBSim.
    """

    _instead = "JSBSim's executive cannot be; make another lander of the mission and the start"

    def __init__(
        self,
        mission: Mission,
        first: IdealStart,
        *,
        rate_hz: int = 100,
        ground: Ground | None = None,
        j2: bool = False,
    ) -> None:
        try:
            import jsbsim
        except ModuleNotFoundError as missing:
            raise ModuleNotFoundError(
                "farside.adapters.jsbsim.lander needs jsbsim: pip install 'farside[jsbsim]'"
            ) from missing
        rate_hz = whole_number("rate_hz", rate_hz)
        if rate_hz < 100 or rate_hz % 100:
            raise ValueError(f"{rate_hz} steps/s: give a multiple of the 100 Hz of the commands")
        self.mission, self.ground = mission, ground
        self.frame = site_frame(mission)
        if ground is not None:
            site = mission.site
            self.frame = SiteFrame(site.latitude_deg, site.longitude_deg, ground.radius_m)
        base: Any = jsbsim.FGJSBBase
        base().debug_lvl = 0
        with TemporaryDirectory() as folder:
            write_aircraft(mission, folder, j2=j2)
            fdm: Any = jsbsim.FGFDMExec(folder)
            fdm.set_debug_level(0)
            fdm.load_model(AIRCRAFT)
        self.fdm = fdm
        fdm.set_dt(1.0 / rate_hz)
        fdm["simulation/gravity-model"] = float(j2)
        for name in ("pressure", "density"):
            fdm[f"atmosphere/override/{name}"] = 0.0
        fdm["ic/terrain-elevation-ft"] = (self.frame.radius_m - MEAN_RADIUS_M) / FOOT_M
        for name, value in initial_conditions(self.frame, first).items():
            fdm[name] = value
        if not fdm.run_ic():
            raise RuntimeError(f"JSBSim refuses the initial conditions of {mission.name}")
        fdm["propulsion/engine[0]/set-running"] = 1.0
        # what a lander without air, scripts and output has no use for
        for model in IDLE:
            fdm[f"simulation/models/{model}/enabled"] = 0.0
        self.propagate = fdm.get_propagate()
        body, vehicle, engine = mission.vehicle.body, mission.vehicle, mission.vehicle.engine
        nodes = fdm.get_property_manager()
        step_s = 1.0 / rate_hz
        self._taps = Taps(
            FromEcef(self.frame.moon_to_site, self.frame.radius_m),
            [nodes.get_node(name).get_double_value for name in READS],
            [
                nodes.get_node(f"external_reactions/torque-{axis}/magnitude-lbsft").set_double_value
                for axis in "xyz"
            ],
            nodes.get_node("fcs/throttle-pos-norm[0]").set_double_value,
            fdm.run,
            self.propagate.get_Tec2b,
            {
                "dry_kg": vehicle.descent_mass_kg - vehicle.usable_propellant_kg,
                "usable_kg": vehicle.usable_propellant_kg,
                "com_dry_m": body.com_height_dry_m,
                "com_gain_m": body.com_height_full_m - body.com_height_dry_m,
                "thrust_max_n": engine.thrust_max_n,
                "thrust_min_n": engine.thrust_min_n,
                "lag_s": engine.lag_s,
                "step_s": step_s,
                "decay": math.exp(-step_s / engine.lag_s) if engine.lag_s > 0.0 else 0.0,
                "ignition": round(engine.ignition_delay_s * 100.0),
            },
            rate_hz // 100,
            not j2,
        )
        self.obey = self._taps.obey

    @property
    def thrust_n(self) -> float:
        """The true thrust now [N]."""
        return self._taps.thrust_n

    def observe(self, estimate: NDArray[np.void]) -> None:
        """Write JSBSim's state into estimate[0], as perfect sensors would."""
        x, y, height = self._taps.observe(estimate)
        if self.ground is not None:
            u, v = self.ground.arcs_of(x, y)
            level_m = float(self.ground.height(u, v))
            self.fdm["position/terrain-elevation-asl-ft"] = (
                self.frame.radius_m + level_m - MEAN_RADIUS_M
            ) / FOOT_M
            self._taps.level(height - level_m)

    def step(self, thrust_n: float, torque_nm: NDArray[np.float64]) -> None:
        """Fly a tick of 10 ms under a command: thrust [N], torque (3,) [N m, our body axes]."""
        x, y, z = torque_nm.tolist()
        self._taps.step(thrust_n, x, y, z)


@dataclass(frozen=True)
class JsbsimLanding:
    """A landing flown in JSBSim, told as `farside.flight.ideal.IdealFlight` tells ours.

    rest_tilt_deg and rest_speed_mps say how it stands on JSBSim's legs; NaN without settling.
    """

    time_s: float
    propellant_kg: float
    r_site: Array
    v_site: Array
    history: NDArray[np.void]
    rest_tilt_deg: float
    rest_speed_mps: float

    @classmethod
    def of(cls, mission: Mission, history: NDArray[np.void], tilt: float, speed: float) -> Self:
        """Distinguish it from the history of its ticks."""
        end = concluded(mission, history, 0.01)
        return cls(end.time_s, end.propellant_kg, end.r_site, end.v_site, end.history, tilt, speed)


def land_in_jsbsim(
    mission: Mission,
    *,
    rate_hz: int = 100,
    ground: Ground | None = None,
    j2: bool = False,
    settle_s: float = 0.0,
) -> JsbsimLanding:
    """Land a mission in JSBSim with our autopilot at 100 Hz, at the nominal site.

    Parameters
    ----------
    mission : Mission
    rate_hz, ground, j2
        As of `JsbsimLander`.
    settle_s : float
        How long to fly on after touchdown, engine off, on the legs.

    Returns
    -------
    JsbsimLanding
        Time, propellant, place and speed of the touchdown, and every tick.

    Raises
    ------
    ValueError
        For a rate that is no multiple of 100, or settle_s that is no time.
    RuntimeError
        If JSBSim gives up or the lander has not come down within half an hour.
    """
    if not 0.0 <= settle_s <= 3600.0:
        raise ValueError(f"settle_s {settle_s}: give 0 to 3600 s")
    autopilot = Autopilot(mission, None if ground is None else ground.radius_m)
    autopilot.retarget((0.0, 0.0, 0.0))
    lander = JsbsimLander(
        mission, ideal_start(mission, autopilot), rate_hz=rate_hz, ground=ground, j2=j2
    )
    estimate, command = autopilot.estimate, autopilot.command
    history = np.zeros(TICKS_MAX, HISTORY)
    for k in range(TICKS_MAX):
        lander.observe(estimate)
        row = history[k]
        row["tick"] = k
        row["estimate"] = estimate[0]
        if estimate["contact"][0]:
            break
        autopilot.tick(k)
        row["command"] = command[0]
        lander.obey(command)
    else:
        raise RuntimeError(f"{mission.name} has not come down in {TICKS_MAX / 100:.0f} s")
    tilt = speed = math.nan
    if settle_s > 0.0:
        for _ in range(round(100.0 * settle_s)):
            lander.step(0.0, np.zeros(3))
        lander.observe(estimate)
        _, x, y, _ = estimate["q_site_body"][0]
        tilt = math.degrees(2.0 * math.asin(min(1.0, math.hypot(x, y))))
        speed = float(np.linalg.norm(estimate["v_site"][0]))
    return JsbsimLanding.of(mission, history[: k + 1].copy(), tilt, speed)
