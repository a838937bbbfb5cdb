"""Hazard avoidance as an FMU of FMI 3.0: the decisions of the Python package, to the bit."""

import dataclasses
import math
import subprocess
from collections import Counter

import numpy as np
import pytest
from fmpy.validation import validate_fmu
from sample_fmu import MISSION, Third, slave
from sample_scans import made_scan

from farside.adapters.fmi import FmuError, export, export_fmu
from farside.adapters.fmi.variables import SITE_NUMBERS
from farside.avoidance import DecisionReason, HazardAvoidance, HoverEstimate
from farside.cli.main import main
from farside.mission import load_mission

CELLS, ACROSS = 144, 164
RETURNS = ACROSS * ACROSS
HAZARDS = dataclasses.replace(MISSION.hazards, map_cells=CELLS)
SENSORS = dataclasses.replace(
    MISSION.sensors, lidar=dataclasses.replace(MISSION.sensors.lidar, returns=(ACROSS, ACROSS))
)
#: The mission with a map of 14.4 m and a lidar of as many returns as fit: quick.
SMALL = dataclasses.replace(MISSION, hazards=HAZARDS, sensors=SENSORS)
FIELDS = (
    *("east_m", "north_m", "height_m", "slope_deg", "roughness_m", "clearance_m", "score", "cost"),
    *("exceedance", "probability", "bound", "heading_deg"),
)


class Avoidance:
    """The FMU, stepped once a scan."""

    def __init__(self, path, folder, changes=()):
        self.model = Third(path, folder, begun=False)
        for name, value in dict(changes).items():
            self.set(name, [value])
        self.model.begin()
        self.number = 0

    def set(self, name, values):
        self.model.fmu.setFloat64([self.model.reference[name]], values)

    def real(self, name, count=1):
        return self.model.fmu.getFloat64([self.model.reference[name]], nValues=count)

    def whole(self, name, count=1):
        return self.model.fmu.getInt32([self.model.reference[name]], nValues=count)

    def flags(self, name, count=1):
        return self.model.fmu.getBoolean([self.model.reference[name]], nValues=count)

    def scan(
        self, made, *, hovered_s=5.0, mass_kg=1900.0, cost=None, count=None, ground=(0.0, 0.0)
    ):
        """Give a scan and step; `ground` is what is known beneath, and sigma."""
        points = np.full((RETURNS, 3), np.nan)
        points[: len(made.points)] = made.points
        self.set("points", points.reshape(-1).tolist())
        self.set("cost_scale", [0.0])
        if cost is not None:
            self.set("cost_map", cost.cost_kg.astype(float).reshape(-1).tolist())
            self.set("cost_scale", [cost.cost_scale_kg])
        for name in ("scan_r_site", "r_site"):
            self.set(name, list(made.sensor))
        for name, value in (("mass", mass_kg), ("hovered", hovered_s), ("sigma", made.sigma_m)):
            self.set(name, [value])
        for name, value in zip(("ground", "ground_sigma"), ground, strict=True):
            self.set(name, [value])
        self.step(count=len(made.points) if count is None else count)

    def step(self, count):
        fmu, reference = self.model.fmu, self.model.reference
        fmu.setInt32([reference["scan_number"], reference["count"]], [self.number + 1, count])
        fmu.doStep(0.01 * self.number, 0.01)
        self.number += 1


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Return the FMUs of the small mission, ranked by kilograms and by metres."""
    folder = tmp_path_factory.mktemp("avoidance")
    by_metres = dataclasses.replace(SMALL, hazards=dataclasses.replace(HAZARDS, price="metres"))
    missions = {"kilograms": SMALL, "metres": by_metres}
    return {
        price: (mission, str(export_fmu(mission, folder / price, kind="avoidance", fmi=3)))
        for price, mission in missions.items()
    }


def hover(made):
    return HoverEstimate(made.sensor, (0.0, 0.0, 0.0), 1900.0)


def scans_of(seeds):
    return [made_scan(seed, CELLS * 0.1, RETURNS) for seed in seeds]


def agree(fmu, expected, found):
    """Demand the decision, its site and the ranked sites of the package, to the bit."""
    assert fmu.whole("reason") == [expected.reason]
    assert fmu.real("target_site", 3) == list(expected.target_site)
    assert fmu.flags("target_final") == [expected.final]
    heading = expected.heading_rad
    assert fmu.flags("target_heading_valid") == [heading is not None]
    assert fmu.real("target_heading") == [0.0 if heading is None else heading]
    assert fmu.flags("site_valid") == [expected.site is not None]
    assert fmu.whole("ranked") == [len(found.sites)]
    listed = [expected.site, *found.sites, *[None] * (5 - len(found.sites))]
    for (name, _, _), field in zip(SITE_NUMBERS, FIELDS, strict=True):
        wanted = [float(getattr(site, field)) if site else math.nan for site in listed]
        np.testing.assert_array_equal(fmu.real(name, 6), wanted, name)
    assert fmu.whole("site_reasons", 6) == [int(s.reasons) if s else 0 for s in listed]
    assert fmu.flags("site_least_bad", 6) == [bool(s and s.least_bad) for s in listed]
    assert fmu.whole("status") == [int(found.sites[0].least_bad)]


@pytest.mark.slow
@pytest.mark.parametrize("price", ["kilograms", "metres"])
def test_the_decisions_of_the_package_over_series_of_scans(paths, tmp_path, price):
    """To the bit; ranked by the package's own divert cost, or by metres without one."""
    mission, path = paths[price]
    fmu, met = Avoidance(path, tmp_path), Counter()
    for series in range(5):
        package = HazardAvoidance(mission)
        if series:
            fmu.model.fmu.reset()
            fmu.model.begin()
            fmu.number = 0
        for number, made in enumerate(scans_of(range(20 + 4 * series, 24 + 4 * series)), 1):
            found = package.assess(hover(made), made.points, sigma_m=made.sigma_m)
            assert found.divert_cost is not None and not found.divert_cost.has_unreachable
            expected = package.decide(hover(made), found, hovered_s=30.0 * number)
            cost = found.divert_cost if price == "kilograms" else None
            fmu.scan(made, hovered_s=30.0 * number, cost=cost)
            agree(fmu, expected, found)
            met[expected.reason] += 1
        assert fmu.whole("scans") == [4]
    assert met[DecisionReason.ACCEPTED] and len(met) > 2
    assert met.total() == 20


def test_a_map_above_the_ground_known_beneath_is_lowered(paths, tmp_path):
    mission, path = paths["metres"]
    fmu, (made,) = Avoidance(path, tmp_path), scans_of(range(3, 4))
    ground = (float(np.nanmedian(made.points[:, 2])) - 40.0, 0.3)
    package = HazardAvoidance(mission)
    there = dataclasses.replace(hover(made), ground_m=ground[0], ground_sigma_m=ground[1])
    found = package.assess(there, made.points, sigma_m=made.sigma_m)
    assert found.lowered_m == pytest.approx(40.0, abs=2.0)
    fmu.scan(made, ground=ground)
    agree(fmu, package.decide(there, found, hovered_s=5.0), found)


def test_a_parameter_decides_as_the_same_change_in_the_mission_file(paths, tmp_path):
    """Probabilities and clearance that no scan has: the site that was accepted is not any more."""
    mission, path = paths["metres"]
    changes = {"avoidance.legs_clearance": 40.0, "avoidance.far_translation": 2.5}
    changed = mission
    for key, value in changes.items():
        changed = changed.replace(key, value)
    fmu, plain = Avoidance(path, tmp_path / "a", changes), Avoidance(path, tmp_path / "b")
    differ = 0
    for made in scans_of(range(6)):
        package = HazardAvoidance(changed)
        found = package.assess(hover(made), made.points, sigma_m=made.sigma_m)
        fmu.model.fmu.reset()
        for key, value in changes.items():
            fmu.set(key, [value])
        fmu.model.begin()
        fmu.number = 0
        fmu.scan(made)
        plain.scan(made)
        agree(fmu, package.decide(hover(made), found, hovered_s=5.0), found)
        differ += fmu.whole("reason") != plain.whole("reason")
    assert differ


def test_it_holds_its_decision_and_steps_back(paths, tmp_path):
    """Without another number nothing is decided; a state brings its scans back."""
    fmu = Avoidance(paths["metres"][1], tmp_path)
    assert fmu.whole("status") == fmu.whole("reason") == [-1] and fmu.whole("scans") == [0]
    first, second = scans_of((0, 3))
    fmu.scan(first)
    said = fmu.real("target_site", 3), fmu.whole("reason"), fmu.whole("scans")
    fmu.set("points", [math.nan] * (3 * RETURNS))
    fmu.model.fmu.doStep(0.01, 0.05)
    assert (fmu.real("target_site", 3), fmu.whole("reason"), fmu.whole("scans")) == said
    fmu.number = 6
    kept = fmu.model.fmu.getFMUState()
    seen = []
    for _ in range(2):
        fmu.scan(second, hovered_s=90.0)
        seen.append((fmu.real("target_site", 3), fmu.whole("reason"), fmu.whole("scans")))
        fmu.model.fmu.setFMUState(kept)
        assert fmu.whole("scans") == [1]
        fmu.number = 6
    assert seen[0] == seen[1] and seen[0][2] == [2]
    fmu.model.fmu.freeFMUState(kept)


def test_what_cannot_be_has_a_defined_answer(paths, tmp_path):
    fmu = Avoidance(paths["metres"][1], tmp_path)
    (made,) = scans_of((1,))
    high = made.points.copy()
    high[:, 2] += 1e9
    for changed, count, status in (
        (made, 0, 5),
        (made, -5, 5),
        (made._replace(points=np.full((4, 3), np.nan)), None, 5),
        (made._replace(sensor=(math.nan, 0.0, 100.0)), None, 4),
        (made._replace(sigma_m=math.nan), None, 4),
        (made._replace(points=high), None, 6),
        (made, 2**31 - 1, 1),
    ):
        fmu.scan(changed, count=count)
        assert fmu.whole("status") == [status]
        assert np.isfinite(fmu.real("target_site", 3)).all()
        assert (fmu.whole("reason") == [DecisionReason.NO_MAP]) == (status > 1)
    with pytest.raises(Exception, match="fmi3SetFloat64"):
        fmu.set("points", [0.0] * 30)  # fewer than the array has
    with pytest.raises(Exception, match="fmi3GetFloat64"):
        fmu.model.fmu.getFloat64([152])


def test_it_is_valid_free_of_python_and_needs_its_resources_whole(paths, tmp_path):
    _, path = paths["kilograms"]
    assert validate_fmu(path) == []
    library = export.LIBRARIES / "avoidance-3.so"
    listed = subprocess.run(["nm", "-D", library], check=True, capture_output=True, text=True)
    assert "Py" not in listed.stdout and "fmi3DoStep" in listed.stdout
    fmu = slave(path, tmp_path)
    data = tmp_path / "resources" / "model.bin"
    whole = data.read_bytes()
    rng = np.random.default_rng(3)
    for at in rng.integers(0, len(whole), 40):
        bad = bytearray(whole)
        bad[at] ^= 1 << int(rng.integers(0, 8))
        data.write_bytes(bad)
        with pytest.raises(Exception, match="nstantiat"):
            fmu.instantiate()
    data.write_bytes(whole[:-4])
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate()


def test_what_is_not_offered_is_one_line(tmp_path, capsys):
    with pytest.raises(FmuError, match="needs fmi 3: FMI 2 has no arrays"):
        export_fmu(MISSION, tmp_path, kind="avoidance")
    with pytest.raises(FmuError, match="carries no lidar"):
        export_fmu(load_mission("apollo-11"), tmp_path, kind="avoidance", fmi=3)
    words = ["export", "fmu", "--kind", "avoidance", "--out", str(tmp_path)]
    assert main(words) == 2 and capsys.readouterr().err.count("\n") == 1
    assert main([*words, "--fmi", "3"]) == 0
    assert (tmp_path / "chang-e-6-avoidance.fmu").is_file()
