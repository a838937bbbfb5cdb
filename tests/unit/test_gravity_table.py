"""The table of the corridor against the summed field."""

import math

import numpy as np
import pytest

from farside.ext.common._gravity_table import GravityTableCore
from farside.mission import SiteFrame, load_mission
from farside.mission.frames import arrival_axes
from farside.mission.gravity_field import gravity_field
from farside.mission.gravity_table import gravity_table
from farside.mission.moon import C22, GM, J2, MEAN_RADIUS_M, REFERENCE_RADIUS_M

HEIGHTS_M = (-7500.0, 20_000.0)
ARC_DEG = 23.0


def corridor(mission_or_site, degree=200):
    """Tabulate a mission's corridor; return its frame, azimuth, and the table."""
    if isinstance(mission_or_site, str):
        mission = load_mission(mission_or_site)
        site = mission.site
        place = (site.latitude_deg, site.longitude_deg, 1_737_400.0 + site.elevation_m)
        azimuth = mission.orbit.arrival_azimuth_deg
    else:
        *place, azimuth = mission_or_site
    frame = SiteFrame(*place)
    table = gravity_table(*place[:2], azimuth, ARC_DEG, HEIGHTS_M, degree)
    return frame, azimuth, table


def places(frame, azimuth, count, seed=0):
    """Draw places in the corridor, site frame (count, 3) [m]."""
    draw = np.random.default_rng(seed)
    arc = np.radians(draw.uniform(-1.0, ARC_DEG, count))
    aside = draw.uniform(-12_000.0, 12_000.0, count) / frame.radius_m
    along, across = arrival_axes(azimuth)
    u = np.cos(arc)[:, None] * [0.0, 0.0, 1.0] - np.sin(arc)[:, None] * along
    u += aside[:, None] * across
    u /= np.linalg.norm(u, axis=1)[:, None]
    radius = MEAN_RADIUS_M + draw.uniform(*HEIGHTS_M, count)
    return u * radius[:, None] + frame.centre_site


def summed(frame, r_site, degree):
    """Sum the field beyond J2 and C22 at places, site frame (N, 3) [m/s^2]."""
    r = frame.to_moon(r_site)
    radius = np.linalg.norm(r, axis=1)
    p = r / radius[:, None]
    field = gravity_field(degree)
    g = np.array([field.beside_point_mass([u], [d])[0, 0] for u, d in zip(p, radius, strict=True)])
    bent = p * [J2 / 2 + 3 * C22, J2 / 2 - 3 * C22, -J2]
    closed = 2.0 * bent - 5.0 * np.sum(p * bent, axis=1)[:, None] * p
    g -= (GM * REFERENCE_RADIUS_M**2 / radius**4)[:, None] * closed
    return frame.vector_to_site(g)


def tabulated(frame, table, r_site):
    """Ask the kernel."""
    g = np.empty_like(r_site)
    GravityTableCore(table.fields(frame.radius_m), table.values).at(np.ascontiguousarray(r_site), g)
    return g


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    ["chang-e-6", "chang-e-4", "apollo-11", (-89.9, 129.0, 1_736_000.0, 200.0),
     (90.0, 0.0, 1_737_400.0, 12.0), (20.0, 330.0, 1_735_000.0, 90.0)],
    ids=str,
)  # fmt: skip
def test_the_table_is_the_field(place):
    """2e-6 m/s^2 moves a descent of 900 s by 0.8 m where nothing measures; mascons by hundreds."""
    frame, azimuth, table = corridor(place)
    r = places(frame, azimuth, 400)
    error = np.abs(tabulated(frame, table, r) - summed(frame, r, 200))
    assert error.max() < 2e-6
    assert np.sqrt(np.mean(error**2)) < 3e-7


@pytest.mark.parametrize("degree", [2, 20, 50, 120])
def test_a_low_degree_has_a_coarser_table_and_is_as_right(degree):
    frame, azimuth, table = corridor("chang-e-6", degree)
    r = places(frame, azimuth, 200)
    assert np.abs(tabulated(frame, table, r) - summed(frame, r, degree)).max() < 2e-6
    assert table.values.nbytes < (1.3 * degree / 200) * 380_000 + 2000


def test_at_a_node_it_is_the_node():
    frame, azimuth, table = corridor("chang-e-6")
    along, across = arrival_axes(azimuth)
    u, v, h = (table.first[i] + table.step[i] * n for i, n in enumerate((30, 4, 5)))
    ray = np.array([0.0, 0.0, 1.0]) - u * along + v * across
    r = ray / np.linalg.norm(ray) * (MEAN_RADIUS_M + h) + frame.centre_site
    assert tabulated(frame, table, r[None])[0] == pytest.approx(table.values[30, 4, 5], abs=1e-10)


def test_beyond_its_edges_the_last_value_holds():
    frame, _, table = corridor("chang-e-6")
    far = np.array(
        [[0.0, 0.0, 1e7], [0.0, 0.0, -1.7e6], [1e6, 1e6, 0.0], [-1e7, 3.0, -2e6],
         [0.0, 0.0, -frame.radius_m], [np.nan, 0.0, 0.0], [0.0, 0.0, np.inf]]
    )  # fmt: skip
    g = tabulated(frame, table, far)
    finite = np.isfinite(g).all(axis=1)
    assert finite[:5].all()
    assert np.abs(g[finite]).max() <= 1.3 * np.abs(table.values).max()


@pytest.mark.parametrize(
    ("arc_deg", "heights_m", "said"),
    [(61.0, (0.0, 1.0), "61.0 deg: 0 to 60"), (-1.0, (0.0, 1.0), "-1.0 deg"),
     (math.nan, (0.0, 1.0), "nan deg"), (1.0, (5.0, 5.0), "from 5.0 to 5.0 m: give the lower")],
)  # fmt: skip
def test_corridors_that_are_none(arc_deg, heights_m, said):
    with pytest.raises(ValueError, match=said):
        gravity_table(0.0, 0.0, 0.0, arc_deg, heights_m, 4)
