"""Flights with their cameras at work: place against the map, speed without a velocimeter."""

import json

import numpy as np
import pytest
from flown import SEEING_CPU_S, landing

from farside.flight import land
from farside.flight.looks import Use
from farside.mission import load_mission
from farside.report.folder import save

pytestmark = pytest.mark.slow
OF_ONE_LANDING = pytest.mark.slow(cpu_s=SEEING_CPU_S)


@pytest.fixture
def seeing():
    return landing(seed=3, cameras=True)


@OF_ONE_LANDING
def test_it_finds_itself_on_the_map_from_130_km_on(seeing):
    images = [look for look in seeing.looks if look.use == Use.LANDMARKS]
    assert len(images) > 60 and sum(look.taken for look in images) > 0.95 * len(images)
    first, second = images[0], images[1]
    assert first.taken and first.height_m > 15e3
    # off by 130 m before it; the filter's own 3 sigma is 300 m at the start
    assert abs(first.off_m[0]) + abs(first.off_m[1]) > 20.0
    shift = seeing.cameras.map_off_east_m, seeing.cameras.map_off_north_m
    # against the Moon the estimate is off by what the map is off, and by a map's cell
    assert second.error_m < abs(shift[0]) + abs(shift[1]) + 20.0


@OF_ONE_LANDING
def test_at_touchdown_it_stands_where_it_thinks_on_the_map(seeing):
    assert seeing.safe
    assert seeing.cameras.place_error_m < 3.0  # m; 30 m (3 sigma) is asked for
    assert seeing.touchdown.miss_m < 0.5


@OF_ONE_LANDING
def test_it_turns_aside_before_the_hover(seeing):
    looks = [look for look in seeing.looks if look.use == Use.HAZARDS]
    assert looks and looks[0].height_m > 2000.0
    assert "hazardous" in looks[0].verdict
    # each image that moved the target is told as a move, with what it showed
    moved = [look for look in looks if look.taken and "away" in look.verdict]
    assert len(seeing.moves) == len(moved)
    for move in seeing.moves:
        assert move.by == "coarse avoidance" and move.share_there < move.share_here
        assert any(f"{move.moved_m:.0f} m away" in look.verdict for look in moved)


@OF_ONE_LANDING
def test_the_folder_tells_of_the_cameras(seeing, tmp_path):
    written = save(seeing, tmp_path / "seen")
    assert "cameras.png" in written
    facts = json.loads((tmp_path / "seen" / "landing.json").read_text())["cameras"]
    assert facts["landmark_fixes"] > 60 and facts["place_error_m"] < 3.0


@pytest.mark.slow(cpu_s=29)
def test_without_a_velocimeter_the_speed_is_held_by_what_it_sees():
    landing = land("chang-e-6", seed=1, faults=["velocimeter silent below 2000 m"], cameras=True)
    assert landing.safe
    assert landing.touchdown.horizontal_speed_mps < 0.1
    assert landing.cameras.motion_fixes > 50


@pytest.mark.slow(cpu_s=36)
def test_a_place_known_to_3200_m_lands_on_the_map_all_the_same():
    far = load_mission("chang-e-4").replace("dispersions.knowledge_position_m", 3200.0)
    landing = land(far, seed=2, cameras=True)
    images = [look for look in landing.looks if look.use == Use.LANDMARKS]
    assert landing.safe and images[0].taken
    assert sum(part * part for part in images[0].off_m) > 300.0**2
    assert landing.cameras.place_error_m < 5.0


@pytest.mark.slow(cpu_s=58)
def test_a_lander_without_any_velocimeter_lands_by_its_cameras():
    landing = land("slim-like", seed=1, cameras=True)
    assert landing.safe
    # it leans on purpose over its last 3 m, and gains speed across: its images are for that it
    # stands still before, and knows how fast it is at contact
    rows = landing.telemetry
    lean = [row.name for row in load_mission("slim-like").phases].index("lean")
    before, contact = np.argmax(rows["phase"] == lean), np.argmax(rows["flags"] & 1)
    assert np.hypot(*rows["v_site"][before, :2]) < 0.1
    assert np.abs(rows["est_v_site"] - rows["v_site"])[contact].max() < 0.1
    facts = landing.cameras
    assert facts.place_error_m < 3.0
    # by craters, patches one image in five as a check: the two never disagree
    assert facts.crater_fixes > 60 > 30 > facts.landmark_fixes > 10
    assert facts.crater_refused < 8 and facts.landmark_refused == 0
