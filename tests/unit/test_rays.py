"""Rays on the true ground, against a fine march in float64 and against surfaces known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_ground import height, march, places

from farside.ext.ground import _ground
from farside.ext.ground._ground import GroundModel
from farside.ground import Ground
from farside.ground.grid import Grid
from farside.mission import load_mission

R = 1737400.0
AXES = np.array([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def ground():
    ground = Ground(load_mission("chang-e-6"), seed=3)
    ground.rasterise(12.0, -7.0, 30.0)
    return ground


def cast(model, origins, directions, most=1e5):
    directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    out = np.empty(len(origins))
    _ground.cast_rays(
        model, np.ascontiguousarray(origins), np.ascontiguousarray(directions), most, out
    )
    return out, directions


def grids_of(ground):
    datum = ground.arcs.arc_m - ground.radius_m
    layers = [
        ground.patch(12.0, -7.0, 30.0),
        ground._layers.region,
        ground._layers.measured.corridor,
    ]
    return [(g.heights.astype(np.float64) + datum, g.u0, g.v0, g.cell) for g in layers]


def brute(ground, grids, origin, direction, start, stop, step):
    def above(t):
        u, v, h = places(
            ground.arcs.axes, ground.arcs.arc_m, ground.radius_m, origin + t[:, None] * direction
        )
        return h - height(grids, u, v)

    return march(above, start, stop, step)


def slanted(rng, ground, u, v, altitude, most_deg):
    """Rays from an altitude above arcs, up to an angle off the local vertical, every way round."""
    origins = ground.arcs.site(u, v, altitude, ground.radius_m)
    up = origins + np.array([0.0, 0.0, ground.radius_m])
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    side = np.cross(up, rng.normal(size=up.shape))
    side /= np.linalg.norm(side, axis=-1, keepdims=True)
    off = np.radians(most_deg) * rng.random(len(u))[:, None]
    return origins, -up * np.cos(off) + side * np.sin(off)


def test_lidar_rays_meet_the_patch_where_a_fine_march_does(ground):
    rng = np.random.default_rng(1)
    u, v = 12.0 + 3.0 * rng.normal(size=30), -7.0 + 3.0 * rng.normal(size=30)
    origins, directions = slanted(rng, ground, u, v, 100.0, 18.0)
    got, directions = cast(ground.model, origins, directions)
    grids = grids_of(ground)
    for k in range(len(got)):
        # from a metre before, in steps of 2 mm: a fiftieth of a cell
        want = brute(ground, grids, origins[k], directions[k], got[k] - 1.0, got[k] + 1.0, 2e-3)
        assert got[k] == pytest.approx(want, abs=1e-4)


def test_no_lidar_ray_passes_through_anything(ground):
    """Along the whole of each ray, every 2 cm: the ground stays below it until the hit."""
    rng = np.random.default_rng(2)
    u, v = 12.0 + rng.normal(size=40), -7.0 + rng.normal(size=40)
    origins, directions = slanted(rng, ground, u, v, 3.0, 88.0)
    got, directions = cast(ground.model, origins, directions)
    grids = grids_of(ground)
    for k in np.nonzero(np.isfinite(got))[0]:
        t = np.arange(0.0, got[k] - 1e-3, 0.02)
        at, across, h = places(
            ground.arcs.axes,
            ground.arcs.arc_m,
            ground.radius_m,
            origins[k] + t[:, None] * directions[k],
        )
        assert np.min(h - height(grids, at, across), initial=1.0) > -1e-4


@pytest.mark.parametrize(
    ("altitude", "behind", "most_deg", "step", "tolerance"),
    [(15e3, 600e3, 60.0, 10.0, 0.02), (15e3, 600e3, 85.0, 20.0, 0.05), (2e3, 4e3, 75.0, 1.0, 2e-3)],
)
def test_slant_beams_meet_the_ground_where_a_fine_march_does(
    ground, altitude, behind, most_deg, step, tolerance
):
    rng = np.random.default_rng(4)
    u, v = -behind * rng.random(25), 2000.0 * rng.normal(size=25)
    origins, directions = slanted(rng, ground, u, v, altitude, most_deg)
    got, directions = cast(ground.model, origins, directions, 60e3)
    grids = grids_of(ground)
    for k in range(len(got)):
        want = brute(ground, grids, origins[k], directions[k], 0.0, 60e3, step)
        if np.isnan(want):
            assert np.isnan(got[k])
        else:
            assert got[k] == pytest.approx(want, abs=tolerance)


def bumpy(z, cell=0.1, u0=-10.0, v0=-10.0, radius=R):
    model = GroundModel(radius, radius, AXES[0], AXES[1])
    grid = Grid.of(np.ascontiguousarray(z, dtype=np.float32), u0, v0, cell)
    grid.set_in(model, "corridor")
    return model


def test_a_pole_one_cell_wide_is_not_missed():
    z = np.zeros((201, 201))
    z[100, 130] = 5.0  # at u = 3, v = 0
    model = bumpy(z)
    # east is -u: the eye is at u = -5, and looks along u
    got, _ = cast(model, np.array([[5.0, 0.0, 2.0]]), np.array([[-1.0, 0.0, 0.0]]))
    # the pyramid on the node is 5 m high and 0.1 m wide either way: 2 m up, its side is 0.06 m off
    assert got[0] == pytest.approx(8.0 - 0.06, abs=1e-4)


def test_ranges_and_normals_of_a_tilted_plane():
    u = -10.0 + 0.1 * np.arange(201)
    model = bumpy(np.broadcast_to(0.2 * u, (201, 201)))
    eyes = np.array([[0.0, 0.0, 4.0], [2.0, 1.0, 4.0]])
    got, _ = cast(model, eyes, np.array([[0.0, 0.0, -1.0], [0.0, 0.0, -1.0]]))
    assert got == pytest.approx([4.0, 4.4], abs=1e-5)  # u = -east
    level, _ = cast(model, eyes[:1], np.array([[-1.0, 0.0, 0.0]]))
    assert np.isnan(level[0]) or level[0] > 9.0  # it climbs to 2 m at most
    normals = np.empty((1, 3))
    _ground.normals(model, eyes[:1], normals)
    assert normals[0] == pytest.approx(np.array([0.2, 0.0, 1.0]) / np.sqrt(1.04), abs=1e-6)


def test_a_wall_where_the_patch_begins_is_hit():
    model = bumpy(np.zeros((41, 41)), cell=10.0, u0=-200.0, v0=-200.0)
    Grid.of(np.full((101, 101), 3.0, dtype=np.float32), -5.0, -5.0, 0.1).set_in(model, "patch")
    got, _ = cast(model, np.array([[50.0, 0.0, 1.0]]), np.array([[-1.0, 0.0, 0.0]]))
    assert got[0] == pytest.approx(45.0, abs=1e-3)


def test_a_sphere_is_met_where_geometry_says():
    model = GroundModel(R, R, AXES[0], AXES[1])
    eyes = np.tile([0.0, 0.0, 15e3], (3, 1))
    off = np.radians([0.0, 40.0, 85.0])
    got, _ = cast(model, eyes, np.stack([np.sin(off), 0 * off, -np.cos(off)], axis=-1))
    b = (R + 15e3) * np.cos(off)
    square = b**2 - ((R + 15e3) ** 2 - R**2)
    want = np.where(square > 0, b - np.sqrt(np.maximum(square, 0)), np.nan)
    assert got == pytest.approx(want, abs=1e-6, nan_ok=True)
    assert np.isnan(got[2])


def test_from_inside_the_ground_the_range_is_zero(ground):
    got, _ = cast(ground.model, np.array([[0.0, 0.0, -50.0]]), np.array([[0.3, 0.1, -1.0]]))
    assert got[0] == 0.0


wild = st.floats(width=64, allow_nan=True, allow_infinity=True)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.tuples(wild, wild, wild), st.tuples(wild, wild, wild), wild)
def test_any_ray_gives_a_range_or_nan(ground, origin, direction, most):
    out = np.empty(1)
    _ground.cast_rays(ground.model, np.array([origin]), np.array([direction]), most, out)
    assert np.isnan(out[0]) or 0.0 <= out[0] <= most
    heights = np.empty(1)
    _ground.heights(ground.model, np.array([origin]), heights)
    if not np.all(np.isfinite(origin)):
        assert np.isnan(heights[0])


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(st.floats(-6e3, 6e3), st.floats(-6e3, 6e3), st.floats(-100.0, 2e3)),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)),
)
def test_rays_near_the_site_end_on_the_ground(ground, origin, direction):
    length = np.linalg.norm(direction)
    if length < 1e-3:
        return
    origins = np.array([origin])
    got, directions = cast(ground.model, origins, np.array([direction]), 3e4)
    if not np.isfinite(got[0]) or got[0] == 0.0:
        return
    over = np.empty(1)
    _ground.clearances(ground.model, origins + got[0] * directions, over)
    # a range right to 1 cm; steps where grids meet aside
    near = np.empty(2)
    _ground.clearances(
        ground.model,
        origins + (got[0] + np.array([[-0.02], [0.02]])) * directions,
        near,
    )
    assert near[0] > -0.02 and (abs(over[0]) < 0.02 or near[1] < 0.0)
