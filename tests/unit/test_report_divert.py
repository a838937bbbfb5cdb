"""The divert map's picture: what it shows of a map, with and without hazards and sites."""

import numpy as np
import pytest
from layout import layout_faults

from farside.guidance.divert import divert_map
from farside.guidance.divert_march import DivertState
from farside.guidance.optimal import Thrust
from farside.mission import load_mission
from farside.report.divert import draw_divert
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess


def hills():
    north, east = np.mgrid[0:120, 0:100].astype(np.float32)
    heights = 2.0 * np.sin(east / 15.0) * np.cos(north / 20.0)
    return ElevationMap.from_array(heights, 1.0, east_m=-50.0, north_m=-60.0)


def reached(state=((60.0, 15.0, 200.0), (-5.0, 1.0, -8.0)), dry_mass_kg=0.0, **more):
    engine = Thrust(1500.0, 7500.0, 3040.0)
    return divert_map(DivertState(*state, 2500.0, engine, dry_mass_kg=dry_mass_kg), hills(), **more)


@pytest.mark.slow
def test_with_hazards_sites_and_a_tank():
    divert = reached(dry_mass_kg=2500.0 - 33.0)
    lander = LanderFootprint.of(load_mission("chang-e-6"))
    hazards = assess(divert.elevation, lander, HazardLimits(8.0, 0.2))
    sites = hazards.sites(3, cost=divert.cost)
    figure = draw_divert(divert, hazards, sites)
    assert not layout_faults(figure)
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    for rank, site in enumerate(sites, start=1):
        assert f"{rank}  {site.cost:.1f} kg" in words
    ways = figure.axes[1]
    # every way ends at its site, at no distance
    for line in ways.lines:
        assert line.get_xdata()[-1] == pytest.approx(0.0, abs=1e-3) or len(line.get_xdata()) < 3


@pytest.mark.parametrize("speed", [-8.0, -60.0])
def test_without_them_and_out_of_reach(speed):
    divert = reached(((0.0, 0.0, 200.0), (0.0, 0.0, speed)), lone_tries=1)
    assert np.isfinite(divert.cost).any() == (speed > -60.0)
    assert not layout_faults(draw_divert(divert))
