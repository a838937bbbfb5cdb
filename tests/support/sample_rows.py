"""Phase tables with one row of interest, and its flight in closed loop over flat ground."""

import copy
import math
from functools import cache

import numpy as np

from farside.dynamics.lander import PLANT_ROW, Lander, LanderState
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import SiteFrame, load_mission
from farside.mission.place import FieldPath
from farside.mission.reader import read_table
from farside.mission.schema import Mission
from farside.mission.writer import plain

GATE = {"altitude_m": 100.0, "vertical_speed_mps": 0.0, "horizontal_speed_mps": 0.0, "range_m": 0.0}
#: What each law needs.
KEYS = {
    "braking": GATE | {"altitude_m": 2500.0, "vertical_speed_mps": -30.0, "range_m": 1900.0},
    "adjust": {},
    "polynomial": GATE | {"duration_s": 110.0, "kr": 8.0},
    "optimal": GATE | {"duration_s": 110.0, "kr": 8.0},
    "e_guidance": {"altitude_m": 100.0, "range_m": 0.0},
    "hover": {"altitude_m": 100.0},
    "descend": {"vertical_speed_mps": -3.0},
    "hold": {},
    "off": {},
    "trim": {"duration_s": 26.0},
    "quadratic": {
        "target_m": [30.0, 0.0, -8.0],
        "target_mps": [-1.5, 0.0, 0.1],
        "target_mps2": [-0.08, 0.0, -0.16],
        "target_mps3": 0.0005,
        "duration_s": 110.0,
    },
    "null_velocity": {"vertical_speed_mps": -3.0, "tau_s": 5.0},
}
#: What each exit needs.
ENDS = {
    "time_to_go": {"exit_s": 1.0},
    "attitude": {"exit_deg": 3.0, "limit_s": 60.0},
    "site": {"limit_s": 60.0},
    "height": {"exit_m": 10.0},
    "altitude": {"exit_m": 10.0},
    "elapsed": {"exit_s": 3.0},
    "contact": {},
    "rest": {},
}


@cache
def _base():
    return plain(load_mission("chang-e-6"))


def table_of(rows):
    """Return the plain table of Chang'e 6 with other rows."""
    table = copy.deepcopy(_base())
    table["phases"] = rows
    if rows[0]["law"] != "braking":
        table["orbit"]["pdi_range_m"] = 457e3
    return table


def read(table) -> Mission:
    return read_table(Mission, table, FieldPath("mine.toml"))


def row_of(law, leaves, **keys):
    """Return a row with the keys that its law and exit need."""
    return {"name": "row", "law": law, "exit": leaves} | KEYS[law] | ENDS[leaves] | keys


def around(row):
    """Return a table in which a row has what it needs before and behind it."""
    before = [{"name": "braking", "law": "braking", "exit": "time_to_go", "exit_s": 0.3}]
    before[0] |= GATE | {"altitude_m": 2500.0, "vertical_speed_mps": -30.0, "range_m": 1900.0}
    if row["law"] in ("braking", "trim"):
        before = []
    after = {"adjust": "polynomial", "trim": "quadratic"}.get(row["law"])
    behind = [row_of(after, "time_to_go") | {"name": "next"}] if after else []
    last = [
        {"name": "fall", "law": "off", "exit": "contact"},
        {"name": "settle", "law": "off", "exit": "rest"},
    ]
    if row["exit"] == "contact":
        last = last[1:]
    return [*before, row, *behind, *last] if row["exit"] != "rest" else [*before, row]


@cache
def flat_ground():
    return Ground(load_mission("chang-e-6"), dems=(), seed=0, flat=True)


def seconds_of(mission, r_site, v_site, q=(1.0, 0.0, 0.0, 0.0), most_s=300.0, site_at_s=None):
    """Fly the row called `row` from a state; give its duration [s], or None if it does not end."""
    ground = flat_ground()
    site = mission.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, ground.radius_m)
    pilot = Autopilot(mission, ground.radius_m)
    pilot.begin("row")
    number = pilot.core.phase
    state = LanderState(r_site, v_site, q, (0, 0, 0), 2030.0)
    plant = Lander(mission, frame, ground.model, state)
    log, e = np.zeros(1, PLANT_ROW), pilot.estimate
    log["r_site"], log["v_site"], log["q_site_body"] = r_site, v_site, q
    log["mass_kg"] = 2030.0
    throttle, torque = np.zeros(1), np.zeros((1, 3))
    com_m = mission.vehicle.body.com_height_dry_m
    commands = []
    for k in range(round(100 * most_s)):
        for name in ("r_site", "v_site", "q_site_body", "omega_body", "mass_kg"):
            e[name] = log[name]
        e["accel_mps2"] = log["dv_body"][0, 2] * 100.0
        x, y, z = log["r_site"][0]
        height = math.hypot(x, y, z + ground.radius_m) - ground.radius_m - com_m
        e["height_m"] = height if height < 30.0 else np.nan
        e["contact"] = log["pads_now"][0] > 0
        if site_at_s is not None and k == round(100 * site_at_s):
            pilot.retarget((3.0, 2.0, 0.0))
        command = pilot.tick(k)[0]
        commands.append(command.copy())
        if command["phase"] != number:
            return k / 100.0, np.array(commands)
        throttle[0], torque[0] = command["thrust_n"], command["torque_nm"]
        plant.model.fly(throttle, torque, log)
    return None, np.array(commands)
