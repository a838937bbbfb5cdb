"""Rows that repeat a law under another name: flown, told apart, reported and exported."""

import json

import numpy as np
import pytest
from sample_twice import flown_twice, twice

from farside.adapters.c.table import mission_c
from farside.adapters.fmi import export_fmu
from farside.guidance import Autopilot
from farside.guidance.table import LAWS
from farside.report import save

NAMES = tuple(row.name for row in twice().phases)


@pytest.fixture(scope="module")
def landed():
    return flown_twice()


@pytest.mark.slow
def test_it_lands_through_every_row(landed):
    assert landed.safe
    assert tuple(phase.name for phase in landed.phases) == NAMES
    began = {phase.name: phase.start_s for phase in landed.phases}
    lasts = dict(zip(NAMES, np.diff(list(began.values())), strict=False))
    assert lasts["fix"] == pytest.approx(2.0, abs=1e-9)
    assert lasts["hover-high"] == pytest.approx(4.0, abs=1e-9)
    assert lasts["upright"] == pytest.approx(0.5, abs=1e-9)
    # Each hover at its own row's height. At 400 m the altimeter still corrects the relief that the
    # onboard map lacks, which moves the estimate's datum by some 10 m on the way [m].
    at = {phase.name: phase.altitude_m for phase in landed.phases}
    assert at["hover-high"] == pytest.approx(400.0, abs=15.0)
    assert at["hover"] == pytest.approx(100.0, abs=5.0)


def test_telemetry_counts_rows_not_laws(landed):
    numbers = np.unique(landed.telemetry["phase"])
    assert list(numbers) == list(range(len(NAMES)))
    assert np.all(np.diff(landed.telemetry["phase"].astype(int)) >= 0)


def test_a_fix_holds_attitude_and_thrust_of_braking(landed):
    rows = landed.telemetry
    fix = rows[rows["phase"] == NAMES.index("fix")]
    before = rows[rows["phase"] == NAMES.index("braking")][-1]
    assert set(fix["cmd_thrust_n"]) == {before["cmd_thrust_n"]}
    cosine = np.abs(fix["est_q_site_body"] @ before["est_q_site_body"])
    turned = 2.0 * np.arccos(np.clip(cosine, 0.0, 1.0))
    assert np.degrees(turned.max()) < 0.5  # deg: the attitude loop's own error


def test_gates_are_those_of_their_rows(landed):
    began = {phase.name: phase.start_s for phase in landed.phases}
    assert [passage.time_s for passage in landed.gates] == pytest.approx(
        [began["hover"], began["descend-slow"]]
    )


@pytest.mark.slow
def test_the_report_names_every_row(landed, tmp_path):
    save(landed, tmp_path / "out", command="farside land twice.toml")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    facts = json.loads((tmp_path / "out" / "landing.json").read_text("utf-8"))
    assert [phase["name"] for phase in facts["phases"]] == list(NAMES)
    assert all(name in page for name in NAMES)


def test_the_c_table_and_the_fmu_have_them(tmp_path):
    text = mission_c(twice())
    assert ", ".join(f"{n} {name}" for n, name in enumerate(NAMES)) in " ".join(
        text.replace("*", " ").split()
    )
    rows = Autopilot(twice()).core.fields["row"]
    laws = [LAWS[row.law] for row in twice().phases]
    assert [row["law"] for row in rows[: len(laws)]] == laws
    assert rows[1]["throttle"] == -1.0
    assert rows[9]["axis_level"][2] == 1.0
    made = export_fmu(twice(), tmp_path, kind="autopilot", nominal=True)
    assert made.stat().st_size > 0
