"""What is odd about a mission is told before it is flown, in one line with the number that does."""

import dataclasses
import math
import re
import warnings

import numpy as np
import pytest
from flown import changed
from flown_campaign import blind_task

from farside.campaign import plan_campaign
from farside.campaign.task import fly_run
from farside.cli.main import main
from farside.flight import MissionWarning, land
from farside.flight.checks import check_mission, check_orbit, check_scan, warn_of
from farside.flight.inputs import drawn_inputs
from farside.mission import MissionError, load_mission, mission_names, mission_text
from farside.mission.faults import with_faults
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.terrain import ElevationMap

MISSION = load_mission("chang-e-6")


def hovering(mission, altitude_m):
    """Return a mission that comes to its hover and scans from another altitude."""
    rows = tuple(
        dataclasses.replace(row, altitude_m=altitude_m)
        if row.name in ("approach", "hover")
        else row
        for row in mission.phases
    )
    return dataclasses.replace(mission, phases=rows)


def with_lidar(mission, **values):
    lidar = dataclasses.replace(mission.sensors.lidar, **values)
    return changed(mission, "sensors", lidar=lidar)


def only(lines):
    assert len(lines) == 1, lines
    assert "\n" not in lines[0] and len(lines[0]) < 300
    return lines[0]


@pytest.mark.parametrize("name", mission_names())
def test_shipped_missions_are_not_odd(name):
    assert check_mission(load_mission(name)) == []


# ---- the scan ----------------------------------------------------------------------------------


def test_a_hover_too_high_for_its_cells_is_told_with_what_would_do():
    line = only(check_scan(hovering(MISSION, 150.0)))
    assert line.startswith("phases[hover].altitude_m 150: the lidar's returns are 0.182 m apart")
    cell, across, along, height = (
        float(x)
        for x in re.search(
            r"cell_m ([\d.]+) or more, sensors.lidar.returns \[(\d+), (\d+)\], or hover at (\d+) m",
            line,
        ).groups()
    )
    high = hovering(MISSION, 150.0)
    assert check_scan(changed(high, "hazards", cell_m=cell)) == []
    assert check_scan(with_lidar(high, returns=(int(across), int(along)))) == []
    assert check_scan(hovering(MISSION, height)) == []
    # and they are the least that do
    assert check_scan(changed(high, "hazards", cell_m=cell - 0.01))
    assert check_scan(hovering(MISSION, height + 2.0))


def test_another_lander_with_a_narrow_coarse_lidar():
    """Chang'e 4's from 60 m with 100 x 100 returns: too few, and of half of the map."""
    odd = with_lidar(hovering(load_mission("chang-e-4"), 60.0), returns=(100, 100))
    sparse, part = check_scan(odd)
    assert "returns are 0.3" in sparse and "hazards.cell_m is 0.1" in sparse
    assert "the map is 51.2 m wide, so 56 % of it stays unseen: give hazards.map_cells" in part
    cells = int(re.search(r"map_cells (\d+)", part).group(1))
    assert "stays unseen: give hazards.map" not in "".join(
        check_scan(changed(odd, "hazards", map_cells=cells))
    )


def test_no_footprint_in_sight_and_no_return_from_beyond_the_range():
    assert "no site can be safe" in only(check_scan(hovering(MISSION, 10.0)))
    assert any(
        "nothing returns from beyond 500 m" in each for each in check_scan(hovering(MISSION, 600.0))
    )


def test_the_spacing_told_of_is_where_cells_begin_to_be_missed():
    """No cell is missed on any square lattice up to sqrt(2) cells, turned anyhow; at 2 some are."""
    cell_m, rng = 0.1, np.random.default_rng(4)

    def unseen(ratio, turn_deg):
        spacing = ratio * cell_m
        at = (np.arange(round(40.0 / spacing)) - 20.0 / spacing) * spacing
        x, y = np.meshgrid(at, at)
        c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        east, north = (
            c * x - s * y + rng.uniform(0, spacing),
            s * x + c * y + rng.uniform(0, spacing),
        )
        points = np.stack([east.ravel(), north.ravel(), np.zeros(x.size)], axis=-1)
        grid = ElevationMap.from_points(
            points, cell_m, shape=(200, 200), east_m=-10.0, north_m=-10.0
        ).measured_only()
        return np.isnan(grid.heights).mean()

    for turn_deg in (0.0, 10.0, 22.5, 45.0):
        assert unseen(1.41, turn_deg) == 0.0
    assert max(unseen(2.0, turn_deg) for turn_deg in (10.0, 22.5, 45.0)) > 0.02


# ---- the orbit ---------------------------------------------------------------------------------


def test_a_speed_of_another_orbit_is_told_with_its_own():
    # vis-viva of 15 x 100 km beside an apolune of 200 km
    line = only(check_orbit(changed(MISSION, "orbit", pdi_speed_mps=1692.3)))
    assert (
        "orbit.pdi_speed_mps 1692.3 is not that of an orbit with apolune_altitude_m 200000" in line
    )
    assert "that is 1714.1 m/s" in line
    # of 15 km counted from the site instead: 3.6 m/s off
    assert check_orbit(changed(MISSION, "orbit", pdi_altitude_m=15000.0 - 5256.0))


@pytest.mark.parametrize("path_deg", [0.0, -0.5, 2.0])
def test_vis_viva_holds_for_any_flight_path(path_deg):
    """Against an orbit integrated from the state: its highest point is the apolune."""
    r, apolune = MEAN_RADIUS_M + 30e3, MEAN_RADIUS_M + 300e3
    speed = float(
        re.search(
            r"that is ([\d.]+) m/s",
            only(
                check_orbit(
                    changed(
                        MISSION,
                        "orbit",
                        pdi_altitude_m=30e3,
                        apolune_altitude_m=300e3,
                        pdi_flight_path_deg=path_deg,
                        pdi_speed_mps=1000.0,
                    )
                )
            ),
        ).group(1)
    )
    path = math.radians(path_deg)
    state = np.array([r, 0.0, speed * math.sin(path), speed * math.cos(path)])

    def rate(y):
        return np.concatenate([y[2:], -GM * y[:2] / np.hypot(*y[:2]) ** 3])

    highest = r
    for _ in range(8000):
        a = rate(state)
        b = rate(state + 0.5 * a)
        c = rate(state + 0.5 * b)
        d = rate(state + c)
        state = state + (a + 2 * b + 2 * c + d) / 6.0
        highest = max(highest, float(np.hypot(*state[:2])))
    # 0.05 m/s of rounding moves the apolune by 4.5 s per 1000 km: 230 m
    assert highest == pytest.approx(apolune, abs=300.0)


def test_an_orbit_that_nobody_flies_is_told_without_an_apolune():
    free = changed(MISSION, "orbit", apolune_altitude_m=None)
    assert check_orbit(free) == []
    # Chandrayaan-3: 1680 m/s at 30 km
    assert check_orbit(changed(free, "orbit", pdi_altitude_m=30e3, pdi_speed_mps=1680.0)) == []
    slow = only(check_orbit(changed(free, "orbit", pdi_speed_mps=1500.0)))
    assert "circular speed there is 1672.7 m/s" in slow
    assert "x 2" in only(check_orbit(changed(free, "orbit", pdi_speed_mps=1990.0)))
    assert "escape speed" in only(
        check_orbit(changed(free, "orbit", pdi_altitude_m=500e3, pdi_speed_mps=2150.0))
    )


# ---- how it is told ----------------------------------------------------------------------------


@pytest.mark.slow
def test_land_and_a_campaign_warn_once_and_a_run_of_it_does_not(tmp_path):
    odd = changed(MISSION, "orbit", pdi_speed_mps=1716.0)
    with pytest.warns(MissionWarning, match="orbit.pdi_speed_mps 1716") as told:
        land(odd, seed=1, imaging=False)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row, _ = fly_run(odd, blind_task(1), 0, drawn_inputs(odd, 1, 0))
    assert row["outcome"] == "landed"
    file = tmp_path / "odd.toml"
    file.write_text(
        mission_text("chang-e-6").replace("pdi_speed_mps = 1714.1", "pdi_speed_mps = 1716.0")
    )
    with pytest.warns(MissionWarning, match="orbit.pdi_speed_mps 1716"):
        plan_campaign(file, 4)


@pytest.mark.slow
def test_the_command_prints_a_warning_in_one_line(tmp_path, capsys, monkeypatch, small_pages):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "odd.toml"
    file.write_text(
        mission_text("chang-e-6").replace("pdi_speed_mps = 1714.1", "pdi_speed_mps = 1716.0")
    )
    assert main(["land", str(file), "--no-imaging", "--no-cameras"]) in (0, 1)
    err = capsys.readouterr().err
    assert err.startswith("farside: warning: orbit.pdi_speed_mps 1716 ") and err.count("\n") == 1


def test_a_fault_of_a_lidar_that_never_looks_is_told():
    failing = with_faults(load_mission("chang-e-6"), ["lidar bias 1 from 1 s"])
    with pytest.warns(MissionWarning, match="lidar bias 1 from 1 s': this flight does not scan"):
        warn_of(failing, imaging=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of(failing, imaging=True)


# ---- an abort ----------------------------------------------------------------------------------


@pytest.mark.parametrize("at_s", ["500", "500 s", True, b"5", 1j, [500.0], np.array([500.0])])
def test_an_abort_at_what_is_no_number_is_refused(at_s):
    with pytest.raises(TypeError, match=r"^an abort at .*: give a number of seconds$"):
        land(MISSION, abort_at_s=at_s)


@pytest.mark.parametrize("at_s", [math.nan, math.inf, -1, 36001.0, 10**400])
def test_an_abort_at_no_time_of_a_descent_is_refused(at_s):
    with pytest.raises(MissionError, match=r"^an abort at .{1,40} s: give 0 to 36000$"):
        land(MISSION, abort_at_s=at_s)


def test_an_abort_whose_time_never_came_is_told():
    with pytest.warns(MissionWarning, match="^abort at 3600 s: it never began in this flight$"):
        landing = land("failures/mars-polar-lander", abort_at_s=3600, imaging=False)
    assert landing.abort is None
