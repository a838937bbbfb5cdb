"""Missions as TOML and back, changed and swept from Python; files with marks and odd names."""

import codecs
import dataclasses
import os
import sys
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.mission import (
    MissionError,
    load_mission,
    mission_names,
    mission_path,
    mission_text,
    parse_mission,
    sweep,
)
from farside.mission.lines import key_lines
from farside.mission.reference import example
from farside.mission.spread import Spread

EXAMPLE = example()
EVERY = [load_mission(name) for name in mission_names()] + [parse_mission(EXAMPLE)]
SIX = load_mission("chang-e-6")


@pytest.mark.parametrize("mission", EVERY, ids=lambda mission: mission.name)
def test_a_mission_reads_as_it_was_written(mission):
    text = mission.to_toml()
    assert parse_mission(text) == mission
    assert parse_mission(text).to_toml() == text


def floats(least, most):
    return st.floats(least, most, allow_subnormal=False)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60),
        "vehicle.engine.lag_s": floats(0.0, 1e3),
        "site.latitude_deg": floats(-90.0, 90.0),
        "hazards.map_cells": st.integers(60, 4096) | st.integers(60, 4096).map(np.int64),
        "hazards.stand": st.sampled_from(["legs", "disc"]),
        "phases[avoid].tilt_limit_deg": floats(1e-6, 90.0),
        "phases[avoid].beyond_s": floats(0.0, 100.0).map(np.float64),
        "phases[hover].scan": st.just(True),
        "sensors.lidar.returns": st.tuples(st.integers(2, 2048), st.integers(2, 2048)),
        "sensors.altimeter.landing_boresight_body": st.tuples(
            floats(-1.0, 1.0), floats(-1.0, 1.0), floats(0.2, 1.0)
        ).map(lambda v: np.array(v) / np.linalg.norm(v)),
        "dispersions.thrust_percent": floats(0.0, 45.0)
        | st.fixed_dictionaries({"distribution": st.just("uniform"), "half_width": floats(0, 40)}),
        "relay": st.none(),
        "orbit.pdi_range_m": floats(1.0, 1e6),
    },
)


@pytest.mark.slow
@settings(max_examples=150)
@given(CHANGES)
def test_a_changed_mission_reads_as_it_was_written(changes):
    mission = SIX.replace(changes)
    assert parse_mission(mission.to_toml()) == mission


def test_what_breaks_a_rule_is_not_written():
    """Dataclasses can hold what no file may."""
    engine = dataclasses.replace(SIX.vehicle.engine, thrust_min_n=9000.0)
    broken = dataclasses.replace(SIX, vehicle=dataclasses.replace(SIX.vehicle, engine=engine))
    with pytest.raises(MissionError, match="9000 is above thrust_max_n"):
        broken.to_toml()
    with pytest.raises(MissionError, match="must be a finite number"):
        wide = dataclasses.replace(SIX.dispersions, position_m=Spread(three_sigma=np.inf))
        dataclasses.replace(SIX, dispersions=wide).to_toml()


def test_values_of_numpy_are_pythons():
    made = SIX.replace({"hazards.map_cells": np.uint16(300), "hazards.cell_m": np.float32(0.25)})
    assert type(made.hazards.map_cells) is int
    assert (made.hazards.map_cells, made.hazards.cell_m) == (300, 0.25)
    with pytest.raises(MissionError, match="true must be a whole number"):
        SIX.replace("hazards.map_cells", np.True_)
    with pytest.raises(MissionError, match="must be at least 16 and at most 4096"):
        SIX.replace("hazards.map_cells", np.uint64(2**64 - 1))


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("vehicle.engine.thrust_max_kn", 7.0, "did you mean thrust_max_n"),
        ("vehicel.engine.thrust_max_n", 7.0, "vehicel: unknown key; did you mean vehicle"),
        ("phases[hovr].altitude_m", 7.0, "no such row; choose braking, adjust"),
        ("phases[hover]", 7.0, "name a key of it"),
        ("phases.altitude_m", 7.0, "no such row"),
        ("", 7.0, "no key"),
        ("a b.]c[", 7.0, "no key"),
        ("site.latitude_deg.x", 1.0, "site.latitude_deg.x: unknown key"),
        ("vehicle.descent_mass_kg", 4000.0, "make 3730 kg, not descent_mass_kg, 4000"),
        ("orbit.pdi_speed_mps", "fast", "'fast' must be a number"),
        ("orbit.pdi_speed_mps", [1.0, 2.0], "must be a number"),
        ("name", None, "name: missing"),
    ],
)
def test_changes_that_are_none(key, value, says):
    with pytest.raises(MissionError) as caught:
        SIX.replace(key, value)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_several_changes_are_one():
    heavier = SIX.replace({"vehicle.descent_mass_kg": 4000, "vehicle.stack_kg.lander": 3290})
    assert heavier.vehicle.dry_mass_kg == 1940.0
    assert SIX.vehicle.descent_mass_kg == 3730.0


def test_a_sweep():
    heights = np.linspace(80.0, 140.0, 3)
    swept = [m.phases[3].altitude_m for m in sweep(SIX, "phases[hover].altitude_m", heights)]
    assert swept == [80.0, 110.0, 140.0]


def test_a_campaign_of_a_changed_mission(tmp_path):
    from farside.campaign import plan_campaign, read_campaign

    weaker = SIX.replace("vehicle.engine.thrust_max_n", 7250)
    plan = plan_campaign(weaker, 3, imaging=False)
    assert plan.mission == weaker
    assert plan.mission_sha256 != plan_campaign("chang-e-6", 3).mission_sha256
    path = tmp_path / "weaker.toml"
    path.write_text(weaker.to_toml(), "utf-8")
    assert plan_campaign(path, 3, imaging=False).mission_sha256 == plan.mission_sha256
    assert callable(read_campaign)


@pytest.mark.parametrize("name", mission_names())
def test_every_key_has_its_line(name):
    text = mission_text(name)
    table, lines = tomllib.loads(text), text.splitlines()
    found = key_lines(text, table)
    assert len(found) > 150
    for key, number in found.items():
        last = key.rpartition(".")[2].partition("[")[0]
        assert last in lines[number - 1], key
    # as many times as the file has the key with a value
    assert sum(key.endswith(".exit") for key in found) == len(table["phases"])


def test_lines_behind_arrays_and_texts_of_many_lines():
    text = '# [a]\n"b c" = """\nx = 1\n[d]\n"""\ne = [\n  1, # ]\n  2,\n]\n'
    text += "[f.g]\nh = { i = [1] }\n'j' = 2\n"
    found = key_lines(text, tomllib.loads(text))
    assert found == {"b c": 2, "e": 6, "f": 10, "f.g": 10, "f.g.h": 11, "f.g.j": 12}


def faults_of(text):
    with pytest.raises(MissionError) as caught:
        parse_mission(text, "mine.toml")
    return caught.value


def test_every_fault_at_once_with_its_line():
    text = EXAMPLE
    for right, wrong in (
        ("isp_s = 310.0", 'isp_s = "good"'),
        ("pad_m = 0.4", "pad_m = 9.0"),
        ("slope_deg = 8.0", "slope_deg = inf"),
        ('law = "hover"', 'law = "hovver"'),
        ("span_m = 4.8\n", ""),
        ("rate_limit_dps", "rate_limit_rps"),
        ('exit = "contact"', "exit = 'rest'"),
    ):
        assert right in text
        text = text.replace(right, wrong, 1)
    why = faults_of(text)
    lines = text.splitlines()

    def at(part):
        return next(i for i, line in enumerate(lines, start=1) if part in line)

    rest = at("= 'rest'")
    assert set(why.faults) == {
        f"mine.toml:{at('isp_s')}: vehicle.engine.isp_s: 'good' must be a number, in seconds",
        f"mine.toml:{at('[vehicle.legs]')}: vehicle.legs.span_m: missing; add it, in metres",
        f"mine.toml:{at('slope_deg')}: hazards.slope_deg: inf must be a finite number, in degrees",
        f"mine.toml:{at('hovver')}: phases[hover].law: 'hovver' must be one of braking, adjust, "
        "polynomial, optimal, hover, descend, hold, off, trim, quadratic, null_velocity, "
        "e_guidance; did you mean hover?",
        f"mine.toml:{at('rate_limit_rps')}: guidance.rate_limit_rps: wrong unit; give "
        "rate_limit_dps, in degrees per second",
        f"mine.toml:{rest}: phases[fall].exit: only the last row may wait for rest; change it",
    }
    assert str(why) == f"{why.faults[0]} (and 5 more: farside mission check)"


def test_a_rule_is_left_out_where_its_values_are_at_fault():
    """thrust_min_n cannot be compared with a thrust_max_n that is a text; isp_s can be read."""
    text = EXAMPLE.replace("thrust_max_n = 7500.0", 'thrust_max_n = "x"').replace("310.0", "-1.0")
    assert len(faults_of(text).faults) == 2


@pytest.mark.parametrize(
    "line", ["thrust_max_n = 2024-06-01", "thrust_max_n = 1979-05-27T07:32:00Z"]
)
def test_dates_are_no_numbers(line):
    why = faults_of(EXAMPLE.replace("thrust_max_n = 7500.0", line))
    assert "must be a number, in newtons" in str(why)


def test_a_byte_order_mark(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(codecs.BOM_UTF8 + EXAMPLE.encode())
    assert load_mission(path) == parse_mission(EXAMPLE) == parse_mission("\ufeff" + EXAMPLE)
    assert not mission_text(path).startswith("\ufeff")
    path.write_bytes(codecs.BOM_UTF8 + EXAMPLE.replace("\n", "\r\n").encode())
    assert load_mission(path) == parse_mission(EXAMPLE)


@pytest.mark.parametrize(
    ("encoding", "says"),
    [
        ("utf-16", "UTF-16 text; save it as UTF-8"),
        ("utf-16-be", "perhaps UTF-16: save it as UTF-8 text"),
        ("utf-16-le", "perhaps UTF-16: save it as UTF-8 text"),
        ("utf-32", "UTF-32 text; save it as UTF-8"),
        ("latin-1", "line 2 is not UTF-8 text, so no mission file; save it as UTF-8"),
    ],
)
def test_other_encodings(tmp_path, encoding, says):
    path = tmp_path / "mine.toml"
    path.write_bytes(EXAMPLE.replace("four tonnes", "vier Tonnen, schön").encode(encoding))
    with pytest.raises(MissionError) as caught:
        load_mission(path)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("change6", "chang-e-6"),
        ("Chang'e 4", "chang-e-4"),
        ("apollo11", "apollo-11"),
        ("missions/apolo-11.toml", "apollo-11"),
    ],
)
def test_a_misspelt_mission(name, meant):
    with pytest.raises(MissionError, match=f"did you mean {meant}"):
        load_mission(name)
    with pytest.raises(MissionError) as caught:
        load_mission("zzz")
    assert "did you mean" not in str(caught.value)


def test_a_file_named_without_its_ending(tmp_path):
    (tmp_path / "mine.toml").write_text(EXAMPLE, "utf-8")
    with pytest.raises(MissionError, match=r"did you mean .*mine\.toml"):
        load_mission(tmp_path / "mine")


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
@pytest.mark.parametrize("stray", [b"mine-\xff.toml", b"\xe9t\xe9 \xf0\x28.toml"])
def test_names_that_are_no_utf8(tmp_path, stray):
    path = os.path.join(os.fsencode(tmp_path), stray)
    with open(path, "wb") as file:
        file.write(EXAMPLE.encode())
    for name in (path, os.fsdecode(path)):
        assert load_mission(name) == parse_mission(EXAMPLE)
        assert mission_path(name) is not None
    with open(path, "wb") as file:
        file.write(b"name = 3")
    with pytest.raises(MissionError) as caught:
        load_mission(path)
    assert "?" in str(caught.value)
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize("thing", [None, 6, 6.5, ["chang-e-6"], np.array(1)])
def test_things_that_name_no_mission(thing):
    with pytest.raises(MissionError, match="give a name or the path"):
        load_mission(thing)
