"""The frames of a scan: each with its own poses, sample points, errors and losses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.sensors.frame import FrameScanner
from farside.ground import GroundModel
from farside.mission import Mission
from farside.mission.instruments import Lidar
from farside.sensors.lidar import RANGE_MAX_M, head_axes, lidar_of
from farside.sensors.streams import (
    LIDAR_ALBEDO,
    LIDAR_BIAS,
    LIDAR_DEAD,
    LIDAR_FRAMES,
    LIDAR_MOUNTING,
    LIDAR_TRACKING,
    LIDAR_TRACKING_BIAS,
    draw_normals,
)

#: Range at which the ground seen from above has signal 1 [m]: that of the published accuracy.
REFERENCE_M = 100.0
#: Lines over which line errors keep 1 / e of themselves.
LINES_KEPT = 20.0
#: Two echoes nearer than this are one [m]: half of a pulse of 3 ns, ours.
PULSE_M = 0.5


def frames(
    mission: Mission,
    ground: GroundModel,
    rows: NDArray[np.void],
    *,
    seed: int,
    number: int,
    perfect: bool,
) -> Iterator[NDArray[np.float64]]:
    """Yield the returns of one frame after the other.

    Parameters
    ----------
    mission : Mission
        With a lidar among its sensors.
    ground : GroundModel
        The truth, with a patch rasterised under the field of view.
    rows : structured array (n,), n >= 2
        True and estimated poses at consecutive ticks, over all frames, in the dtype of telemetry.
    seed, number
        Seed of the flight and number of the scan in it: they key all draws. Mounting, albedo and
        dead samples are those of the flight.
    perfect : bool
        Without error or loss; the sample points are still each frame's own.

    Yields
    ------
    ndarray (N, 3)
        [m], site axes of the estimate, placed by it as `rows` have it at the time of each return;
        NaN where a ray has none. One array serves all frames: copy what is to be kept.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.flight.telemetry import ROW
    >>> from farside.ground import GroundModel
    >>> from farside.mission import load_mission
    >>> from farside.sensors import frames
    >>> mission = load_mission("chang-e-6")
    >>> radius_m = mission.site.radius_m
    >>> sphere = GroundModel(radius_m, radius_m, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    >>> rows = np.zeros(226, ROW)  # 2.25 s of a still hover, 100 m up
    >>> rows["r_site"] = rows["est_r_site"] = 0.0, 0.0, 100.0
    >>> rows["q_site_body"] = rows["est_q_site_body"] = 1.0, 0.0, 0.0, 0.0
    >>> shapes = [
    ...     points.shape
    ...     for points in frames(mission, sphere, rows, seed=3, number=0, perfect=True)
    ... ]
    >>> len(shapes), shapes[0]
    (9, (212483, 3))
    """
    lidar = lidar_of(mission)
    scanner = FrameScanner(
        ground, frame_setup(lidar, seed, number, perfect=perfect), seed, (LIDAR_ALBEDO, LIDAR_DEAD)
    )
    across, along = lidar.returns
    points = np.empty((across * along, 3))
    for frame in range(lidar.frames):
        scanner.scan(rows, frame, seed, LIDAR_FRAMES + number, points)
        yield points


def tracking_frame(
    mission: Mission,
    ground: GroundModel,
    rows: NDArray[np.void],
    *,
    seed: int,
    number: int,
    perfect: bool,
) -> NDArray[np.float64]:
    """Return the returns of one frame of `[tracking]`, (N, 3) [m]; arguments as of `frames`.

    number is that of the frame in its flight.
    """
    lidar = replace(lidar_of(mission), frames=1, returns=mission.tracking.returns)
    setup = frame_setup(lidar, seed, number, perfect=perfect, bias=LIDAR_TRACKING_BIAS)
    scanner = FrameScanner(ground, setup, seed, (LIDAR_ALBEDO, LIDAR_DEAD))
    points = np.empty((lidar.returns[0] * lidar.returns[1], 3))
    scanner.scan(rows, 0, seed, LIDAR_TRACKING + number, points)
    return points


def frame_setup(
    lidar: Lidar, seed: int, number: int, *, perfect: bool, bias: int = LIDAR_BIAS
) -> dict[str, object]:
    """Return what the kernel reads: a lidar's keys, with its mounting and bias as drawn.

    Parameters
    ----------
    lidar : Lidar
        Of a mission.
    seed, number, perfect
        As of `frames`.
    bias : int
        Stream of the bias, to which the number is added.
    """
    half_across, half_along = (
        deterministic.tan(math.radians(0.5 * a)) for a in lidar.field_of_view_deg
    )
    some = 0.0 if perfect else 1.0
    mounting = some * 1e-3 * lidar.boresight_error_mrad * draw_normals(seed, LIDAR_MOUNTING, 3)
    bias_m = some * lidar.bias_m * float(draw_normals(seed, bias + number, 1)[0])
    return {
        "half_across": half_across,
        "half_along": half_along,
        "across": lidar.returns[0],
        "along": lidar.returns[1],
        "frames": lidar.frames,
        "head_axes": head_axes(lidar).tolist(),
        "max_range_m": RANGE_MAX_M,
        "noise_m": some * lidar.noise_m,
        "bias_m": bias_m,
        "line_m": some * lidar.line_error_m,
        "line_keep": deterministic.exp(-1.0 / LINES_KEPT),
        "walk_m": some * lidar.range_walk_m,
        "boresight_rad": mounting.tolist(),
        "jitter_rad": some * 1e-3 * lidar.jitter_mrad,
        "footprint_rad": some * 1e-3 * lidar.divergence_mrad,
        "reference_m": REFERENCE_M,
        "dropout": some * lidar.dropout_share,
        # a signal below 0 is never met
        "signal_lost": lidar.signal_lost - (1.0 - some) * 10.0,
        "signal_sure": lidar.signal_sure - (1.0 - some) * 10.0,
        "glint": some * lidar.glint_share,
        "pulse_m": PULSE_M,
        "dead": some * lidar.dead_share,
        "albedo_spread": some * lidar.albedo_spread,
        "dark": some * lidar.dark_share,
    }
