"""Single bad samples: how a case is drawn, counted, and flown."""

import math
from dataclasses import replace

import pytest
from studies.single_samples import CONSTANTS, UNITS, WAYS, Bench, Sample, Study, draw, listed, table

SAMPLE = Sample(7, 3, 70_000, "altimeter", -1, "nan", math.nan)


def broken(**changes):
    facts = {"vertical_mps": 9.0, "horizontal_mps": 1.0, "tilt_deg": 2.0, "said": "crashed"}
    return facts | {"sample": SAMPLE, "before_s": 12.0} | changes


def test_a_case_is_its_numbers_and_no_others():
    assert repr(draw(5, 1, (10, 20))) == repr(draw(5, 1, (10, 20)))
    assert repr(draw(5, 1, (10, 20))) != repr(draw(6, 1, (10, 20)))


def test_cases_reach_every_sensor_part_and_way():
    drawn = [draw(n, 0, (0, 100)) for n in range(3000)]
    assert {(each.unit, each.part) for each in drawn} == {
        (unit, part) for unit, (parts, _) in UNITS.items() for part in range(-1, parts)
    }
    assert {each.way for each in drawn} == set(WAYS)
    assert {each.tick for each in drawn} == set(range(100))
    sizes = [abs(each.value) for each in drawn if each.way in ("any", "off")]
    assert min(sizes) < 1e-3 and max(sizes) > 1e5


@pytest.mark.parametrize("way", WAYS)
def test_a_way_is_a_kind_of_fault_with_the_value(way):
    row = replace(SAMPLE, way=way, value=CONSTANTS.get(way, 2.0)).row(10)
    assert (row["from_tick"], row["ticks"]) == (70_000, 10)
    if way in CONSTANTS:
        assert repr(row["value"][0]) == repr(CONSTANTS[way])


def test_a_switch_can_only_turn_over():
    assert Sample(0, 0, 0, "contact", 1, "flag", 0.0).kind == "flag"
    assert replace(SAMPLE, unit="contact").kind == "flag"
    assert Sample(0, 0, 0, "contact", 1, "flag", 0.0).row(1)["parts"] == 2


def test_the_table_counts_what_is_broken():
    found = Study(1000, 25.0, [broken(), broken(vertical_mps=None), broken(said="over a limit")])
    text = "\n".join(table(found, False))
    assert "1000 single samples in the last 90 s" in text
    assert "3 broken. 10 000 take 250 s" in text
    assert "| altimeter | nan | crashed | 2 | 9.00, 1.00 |" in text
    assert "case 7: seed 3, 12.00 s before contact, altimeter nan: crashed" in listed(found)[0]
    assert len(table(Study(10, 1.0, []), True)) == 2


@pytest.fixture(scope="module")
def bench():
    return Bench("chang-e-6", 1, whole=False)


@pytest.mark.slow
def test_a_case_that_changes_nothing_ends_as_the_flight_did(bench):
    moment = bench.span[0] + 4000
    same = Sample(0, 1, moment, "altimeter", -1, "scale", 1.0)
    assert bench.fly(same) == bench.plain


@pytest.mark.slow
def test_the_order_of_cases_does_not_matter(bench):
    lost = Sample(1, 1, bench.span[0] + 100, "accelerometer", -1, "off", 100.0)
    late = Sample(2, 1, bench.span[1] - 500, "height", -1, "any", 0.5)
    first = bench.fly(late)
    bench.fly(lost)
    assert bench.fly(late) == first
