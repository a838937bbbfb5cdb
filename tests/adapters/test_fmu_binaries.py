"""Libraries of other platforms in an FMU."""

import zipfile

import pytest
from fmpy.validation import validate_fmu

from farside.adapters.fmi import FmuError, add_binaries, export_fmu
from farside.adapters.fmi import binaries as module
from farside.mission import load_mission


@pytest.fixture
def fmu(tmp_path):
    """Export the autopilot's FMU."""
    return export_fmu(load_mission("chang-e-6"), tmp_path, kind="autopilot")


@pytest.fixture
def folder(tmp_path):
    """Write what make cross writes, with other bytes."""
    for platform, name in (
        ("x86_64-windows", "autopilot-2.dll"),
        ("aarch64-linux", "autopilot-2.so"),
    ):
        (tmp_path / "cross" / platform).mkdir(parents=True)
        (tmp_path / "cross" / platform / name).write_bytes(platform.encode())
    return tmp_path / "cross"


def files_of(path):
    """Return the files of an FMU."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_others_are_added_and_the_rest_stays(fmu, folder):
    before = files_of(fmu)
    (own,) = (name.split("/")[1] for name in before if name.startswith("binaries/"))
    assert add_binaries(fmu, folder) == sorted({own, "aarch64-linux", "win64"})
    after = files_of(fmu)
    assert after["binaries/win64/farside_autopilot.dll"] == b"x86_64-windows"
    assert {name: after[name] for name in before} == before
    assert validate_fmu(str(fmu)) == []
    bytes_before = fmu.read_bytes()
    add_binaries(fmu, folder)  # again: nothing changes
    assert fmu.read_bytes() == bytes_before


def test_names_of_fmi_3(tmp_path, folder):
    path = export_fmu(load_mission("chang-e-6"), tmp_path, kind="autopilot", fmi=3)
    (folder / "x86_64-windows" / "autopilot-3.dll").write_bytes(b"dll")
    assert "x86_64-windows" in add_binaries(path, folder)


def test_refusals_say_what_is_wrong(fmu, folder, tmp_path, monkeypatch):
    with pytest.raises(FmuError, match="no autopilot-2 for any of"):
        add_binaries(fmu, tmp_path)
    with pytest.raises(FmuError, match="No such file"):
        add_binaries(tmp_path / "none.fmu", folder)
    (tmp_path / "text.fmu").write_text("no zip")
    with pytest.raises(FmuError, match="not an FMU"):
        add_binaries(tmp_path / "text.fmu", folder)
    with zipfile.ZipFile(tmp_path / "other.fmu", "w") as archive:
        archive.writestr("modelDescription.xml", "<fmiModelDescription fmiVersion='2.0'/>")
    with pytest.raises(FmuError, match="not an FMU of farside"):
        add_binaries(tmp_path / "other.fmu", folder)
    before = fmu.read_bytes()
    monkeypatch.setattr(module, "LARGEST_LIBRARY", 3)
    with pytest.raises(FmuError, match="too large"):
        add_binaries(fmu, folder)
    monkeypatch.setattr(module, "LARGEST_FMU", len(before) + 1)
    with pytest.raises(FmuError, match="larger than an FMU"):
        add_binaries(fmu, folder)
    assert fmu.read_bytes() == before
