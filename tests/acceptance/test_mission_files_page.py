"""The page on a mission of one's own: what it says is done here, step by step."""

import re
from pathlib import Path

import pytest

from farside.cli.main import main
from farside.flight import land
from farside.mission import load_mission

PAGE = (Path(__file__).parents[2] / "docs" / "mission-files.md").read_text("utf-8")
FIRST, SECOND = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


def changed(text, block):
    """Put a block's values in the places of the keys that stand commented out, or live."""
    for line in block.splitlines():
        if " = " in line:
            key = line.partition(" = ")[0]
            text, count = re.subn(rf"^#?{key} = .*$", lambda _: line, text, flags=re.M)  # noqa: B023
            assert count == 1, key
    return text


@pytest.mark.slow
def test_the_steps_of_the_page(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (command,) = re.findall(r"^farside (mission new .*)$", PAGE, re.M)
    assert main(command.split()) == 0
    place = tmp_path / "serenity.toml"
    start = place.read_text("utf-8")
    assert "\n# full thrust [N; above 0]\n#thrust_max_n = 7500.0\n" in PAGE
    assert "# full thrust [N; above 0]\n#thrust_max_n = 7500.0\n" in start
    place.write_text(changed(start, FIRST), "utf-8")
    capsys.readouterr()
    assert main(["mission", "check", "serenity.toml"]) == 0
    told = capsys.readouterr().out.split()
    shown = PAGE.split("farside mission check serenity.toml\n```\n\n```text\n")[1].split("```")[0]
    assert told == shown.split()
    dry = land(load_mission(place), nominal=True, imaging=True)
    assert not dry.safe and dry.site.scans == 0
    assert f"on a rock of {dry.touchdown.ground_roughness_m:.2f} m where 0.2 m is allowed" in PAGE
    place.write_text(changed(place.read_text("utf-8"), SECOND), "utf-8")
    assert main(["mission", "check", "serenity.toml"]) == 0
    assert capsys.readouterr().out.endswith("serenity: sound\n")
    whole = load_mission(place)
    landed = land(whole, nominal=True, imaging=True)
    left = landed.telemetry["mass_kg"][-1] - whole.vehicle.dry_mass_kg
    assert landed.safe and f"lands, {left:.0f} kg left" in PAGE


def test_the_python_of_the_page(capsys):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(block, "page", "exec"), {})
    assert capsys.readouterr().out == "odd sensors.star_tracker.slew_limit_dps 210\n11\n"


@pytest.mark.parametrize("name", ["mission-reference.md", "mission.schema.json"])
def test_what_the_page_names_is_there(name):
    assert f"({name})" in PAGE
    assert (Path(__file__).parents[2] / "docs" / name).is_file()
