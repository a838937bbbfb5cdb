"""What `import farside` gives: its names, its version, one base of all errors, a typed estimate."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import farside
from farside.guidance import ESTIMATE, Autopilot, Estimate, EstimateError
from farside.mission import load_mission

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(p.parent.name for p in ROOT.glob("*/__init__.py"))
UPRIGHT = (1.0, 0.0, 0.0, 0.0)


def test_the_names_are_those_of_the_packages_that_hold_them():
    from farside.flight import land
    from farside.mission import MissionError

    assert farside.land is land
    assert farside.load_mission is load_mission
    assert farside.Autopilot is Autopilot and farside.Estimate is Estimate
    assert set(dir(farside)) == set(farside.__all__)
    assert all(hasattr(farside, name) for name in farside.__all__)
    assert farside.__version__.count(".") >= 2
    with pytest.raises(farside.FarsideError):
        farside.load_mission("no-such-mission")
    assert issubclass(MissionError, farside.FarsideError)
    with pytest.raises(AttributeError, match="no attribute 'moon'"):
        _ = farside.moon


def test_help_names_every_public_name():
    text = farside.__doc__
    assert all(name in text for name in farside.__all__ if name not in ("Landing", "Mission"))


def test_import_is_light():
    """Nothing that takes time is imported before it is asked for."""
    code = (
        "import sys, farside; sys.exit(any(m in sys.modules for m in "
        "('numpy', 'scipy', 'cv2', 'matplotlib', 'rasterio')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd="/").returncode == 0


@pytest.mark.slow
def test_every_error_has_one_base():
    """By the source: adapters that are not installed count, too."""
    bases = {"FarsideError": "ValueError"}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                # a class without bases is no exception: sensors.ConstantError is an offset
                if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and node.bases:
                    base = ast.unparse(node.bases[0])
                    # a usage error of the command line is the command line's own
                    if base != "typer.TyperException":
                        bases[node.name] = base
    assert len(bases) > 15
    for name in bases:
        root = name
        while root in bases and root != "FarsideError":
            root = bases[root]
        assert root == "FarsideError", f"{name} does not derive from FarsideError"


@pytest.mark.slow
def test_a_mission_is_given_by_name_by_path_or_as_it_is(tmp_path):
    from farside.mission import mission_text

    copy = tmp_path / "copy.toml"
    copy.write_text(mission_text("chang-e-6"))
    flown = [
        farside.land(mission, imaging=False, nominal=True).telemetry_sha256
        for mission in ("chang-e-6", copy, load_mission("chang-e-6"))
    ]
    assert len(set(flown)) == 1


def test_an_estimate_becomes_the_record():
    state = Estimate(
        r_site=(1.0, 2.0, 3.0),
        v_site=np.array([4.0, 5.0, 6.0]),
        q_site_body=UPRIGHT,
        mass_kg=2000.0,
        omega_body=(0.1, 0.2, 0.3),
        accel_mps2=1.5,
        height_m=7.0,
        contact=True,
    )
    record = state.to_record()
    assert record.shape == (1,) and record.dtype == ESTIMATE
    assert record["r_site"][0].tolist() == [1.0, 2.0, 3.0]
    assert record["v_site"][0].tolist() == [4.0, 5.0, 6.0]
    assert record["omega_body"][0].tolist() == [0.1, 0.2, 0.3]
    assert (record["mass_kg"], record["accel_mps2"], record["height_m"]) == (2000.0, 1.5, 7.0)
    assert (record["contact"], record["rest"]) == (1, 0)
    # what is not measured is NaN, and told so to the autopilot
    bare = Estimate((0, 0, 9), (0, 0, 0), UPRIGHT, 2000.0).to_record()
    assert np.isnan(bare["height_m"][0]) and bare["accel_mps2"][0] == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"r_site": (1.0, 2.0)}, "r_site is .*give 3 finite numbers"),
        ({"v_site": (0.0, np.nan, 0.0)}, "v_site is .*give 3 finite numbers"),
        ({"q_site_body": (1.0, 0.1, 0.0, 0.0)}, "length 1.00499: give a unit quaternion"),
        ({"q_site_body": (0.0, 0.0, 0.0, 0.0)}, "length 0: give a unit quaternion"),
        ({"mass_kg": 0.0}, "mass_kg is 0.0: give kilograms above 0"),
        ({"mass_kg": np.inf}, "mass_kg is inf"),
        ({"accel_mps2": np.nan}, "accel_mps2 is nan"),
        ({"height_m": -np.inf}, "height_m is infinite"),
    ],
)
def test_an_estimate_that_no_lander_can_have_is_refused(change, said):
    good = {
        "r_site": (0.0, 0.0, 9.0),
        "v_site": (0.0, 0.0, 0.0),
        "q_site_body": UPRIGHT,
        "mass_kg": 2000.0,
    }
    with pytest.raises(EstimateError, match=said):
        Estimate(**{**good, **change})
