"""The scanning lidar: its head, its time, and an idealised sweep for the benchmark of scenes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.ext.sensors._lidar import scan_ground
from farside.ground import GroundModel
from farside.mission import Mission
from farside.mission.instruments import Lidar
from farside.sensors.streams import LIDAR, draw_normals

#: Beyond this slant range nothing returns [m]: ours, several times the height it is used from.
RANGE_MAX_M = 500.0


def lidar_of(mission: Mission) -> Lidar:
    """Return the mission's lidar; none scans without one, since its file is then refused."""
    if mission.sensors.lidar is None:
        raise FarsideError(f"{mission.name} carries no lidar; add sensors.lidar to its file")
    return mission.sensors.lidar


def scan_ticks(mission: Mission) -> int:
    """Return how many ticks of 10 ms all frames of a scan take."""
    lidar = lidar_of(mission)
    return round(TICK_HZ * lidar.frames / lidar.frame_hz)


def head_axes(lidar: Lidar) -> NDArray[np.float64]:
    """Return the head's across, along and boresight axes in body axes, rows of (3, 3)."""
    boresight = np.asarray(lidar.boresight_body, dtype=float)
    # The head's along axis lies towards body x as far as the boresight allows.
    forward = np.array([1.0, 0.0, 0.0]) - boresight[0] * boresight
    if deterministic.length(forward) < 1e-6:
        forward = np.array([0.0, 0.0, 1.0]) - boresight[2] * boresight
    forward /= deterministic.length(forward)
    return np.array([np.cross(forward, boresight), forward, boresight])


def scan(
    mission: Mission,
    ground: GroundModel,
    rows: NDArray[np.void],
    *,
    seed: int,
    number: int,
    perfect: bool,
) -> NDArray[np.float64]:
    """Sweep the ground once, as if all frames were one without a loss: what scenes are scored on.

    Each return carries the noise of the mean of all frames, and the lander's true motion during
    the sweep displaces its beam. A flight scans frame by frame (`frames`).

    Parameters
    ----------
    mission : Mission
        With a lidar among its sensors.
    ground : GroundModel
        The truth, with a patch rasterised under the field of view.
    rows : structured array (n,), n >= 2
        True and estimated poses at consecutive ticks, in the dtype of flight telemetry.
    seed, number
        Seed of the flight and number of the scan in it: they key the noise.
    perfect : bool
        Without noise and bias.

    Returns
    -------
    ndarray (N, 3)
        Returns [m] in site axes, placed by the estimate at the time of each; NaN: none.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.flight.telemetry import ROW
    >>> from farside.ground import GroundModel
    >>> from farside.mission import load_mission
    >>> from farside.sensors import scan
    >>> mission = load_mission("chang-e-6")
    >>> radius_m = mission.site.radius_m
    >>> sphere = GroundModel(radius_m, radius_m, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    >>> rows = np.zeros(226, ROW)  # 2.25 s of a still hover, 100 m up
    >>> rows["r_site"] = rows["est_r_site"] = 0.0, 0.0, 100.0
    >>> rows["q_site_body"] = rows["est_q_site_body"] = 1.0, 0.0, 0.0, 0.0
    >>> points = scan(mission, sphere, rows, seed=3, number=0, perfect=True)
    >>> points.shape, f"{np.abs(points[:, 2]).max():.4f} m"  # level but for the Moon's bend
    ((212483, 3), '0.0004 m')
    >>> noisy = scan(mission, sphere, rows, seed=3, number=0, perfect=False)
    >>> f"{np.nanstd(noisy[:, 2]):.2f} m"
    '0.02 m'
    """
    lidar = lidar_of(mission)
    across, along = lidar.returns
    sigma = 0.0 if perfect else lidar.image_sigma_m
    bias = 0.0 if perfect else lidar.bias_m * float(draw_normals(seed, LIDAR + 64 + number, 1)[0])
    half_across, half_along = (
        deterministic.tan(math.radians(0.5 * a)) for a in lidar.field_of_view_deg
    )
    points = np.empty((across * along, 3))
    scan_ground(
        ground,
        rows,
        {
            "half_across": half_across,
            "half_along": half_along,
            "across": across,
            "along": along,
            "head_axes": head_axes(lidar).tolist(),
            "sigma_m": sigma,
            "bias_m": bias,
            "max_range_m": RANGE_MAX_M,
        },
        seed,
        LIDAR + number,
        points,
    )
    return points
