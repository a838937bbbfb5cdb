"""Flights of the approach alone, in closed loop: any entry, flat true ground, perfect knowledge."""

from dataclasses import dataclass, replace

import numpy as np

from farside.dynamics.lander import PLANT_ROW, Lander, LanderState
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import SiteFrame, load_mission

#: Without aborts of its own: entries too low or too fast are flown to their end here.
MISSION = load_mission("chang-e-6").replace("abort.decides", False)
GROUND = Ground(MISSION, dems=(), seed=0, flat=True)
FRAME = SiteFrame(MISSION.site.latitude_deg, MISSION.site.longitude_deg, GROUND.radius_m)
COM_M = MISSION.vehicle.body.com_height_dry_m


def law_of_approach(law):
    phases = [replace(p, law=law) if p.name == "approach" else p for p in MISSION.phases]
    return replace(MISSION, phases=tuple(phases))


@dataclass(frozen=True)
class Entry:
    """How an approach ended."""

    arrived: bool  # at the hover, instead of at the ground
    speed_mps: float
    fall_mps: float
    tilt_deg: float
    height_m: float  # lowest, of the base
    burnt_kg: float
    links: tuple  # (link, reason), in order
    rows: np.ndarray  # commands
    path: np.ndarray  # (n, 3) centre of mass [m, site]


def fly_entry(
    mission, r_site, v_site, mass_kg=2030.0, q=(1.0, 0.0, 0.0, 0.0), plan=True, most_s=240.0
):
    """Fly from a state to the end of the approach, or to the ground, or through so much time."""
    autopilot = Autopilot(mission, GROUND.radius_m)
    autopilot.begin("approach")
    phase = autopilot.core.phase
    plant = Lander(mission, FRAME, GROUND.model, LanderState(r_site, v_site, q, (0, 0, 0), mass_kg))
    log, e = np.zeros(1, PLANT_ROW), autopilot.estimate
    log["r_site"], log["v_site"], log["q_site_body"], log["mass_kg"] = r_site, v_site, q, mass_kg
    throttle, torque, rows, path, lowest = np.zeros(1), np.zeros((1, 3)), [], [], np.inf
    before = log.copy()
    for k in range(int(100 * most_s)):
        for name in ("r_site", "v_site", "q_site_body", "omega_body", "mass_kg"):
            e[name] = log[name]
        e["accel_mps2"] = log["dv_body"][0, 2] * 100.0
        height = log["r_site"][0, 2] - COM_M
        lowest = min(lowest, height)
        e["height_m"] = height if height < 200.0 else np.nan
        e["contact"] = log["pads_now"][0] > 0 or log["body_now"][0] > 0
        command = autopilot.tick(k, plan=plan)[0]
        rows.append(command.copy())
        path.append(log["r_site"][0].copy())
        if not e["contact"][0]:
            before = log.copy()
        if command["phase"] != phase or e["contact"][0] or height < -1.0:
            break
        throttle[0], torque[0] = command["thrust_n"], command["torque_nm"]
        plant.model.fly(throttle, torque, log)
    rows = np.array(rows)
    links = [(int(a), int(b)) for a, b in zip(rows["link"], rows["reason"], strict=True)]
    links = tuple(x for i, x in enumerate(links) if i == 0 or x != links[i - 1])
    _, x, y, _ = before["q_site_body"][0]
    up = 1.0 - 2.0 * (x * x + y * y)
    v = before["v_site"][0]
    return Entry(
        bool(rows["phase"][-1] != phase), float(np.linalg.norm(v)), float(-v[2]),
        float(np.degrees(np.arccos(np.clip(up, -1, 1)))), float(lowest),
        float(mass_kg - log["mass_kg"][0]), links, rows, np.array(path),
    )  # fmt: skip
