"""What a wheel's build takes from the build in place: the same sources' C, and no other."""

import importlib.util
import shutil
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "adapters/c/lib/translated.py"
SOURCES = {
    "setup.py": "flags = 1\n",
    "ext/a/__init__.py": "",
    "ext/a/_k.pyx": "include 'k.pxi'\n",
    "ext/a/k.pxi": "x = 1\n",
    "ext/a/v.pxd": "cdef double v\n",
}


def tree(root):
    """Write sources, and the script beside them as it stands in the repository; return it."""
    for name, text in SOURCES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    copy = root / "adapters/c/lib/translated.py"
    copy.parent.mkdir(parents=True)
    shutil.copy(SCRIPT, copy)
    spec = importlib.util.spec_from_file_location("translated", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Build a folder, and name it to builds elsewhere."""
    here = tmp_path / "here"
    script = tree(here)
    for name, text in {
        "cython/ext/a/_k.c": "the C", "translated/0ab1/lib.c": "the library's",
        "translated/0ab1/lib-17.c": "half of i", "profile": "release",
    }.items():  # fmt: skip
        (here / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "build" / name).write_text(text)
    script.keep(here / "build", script.take(here / "build", "release", True))
    monkeypatch.setenv("FARSIDE_TRANSLATED", str(here / "build"))
    return here


def test_the_same_sources_are_translated_once(here, tmp_path, capsys):
    there = tmp_path / "there"
    script, build = tree(there), there / "build"
    digest = script.take(build, "release", True)
    assert (build / "cython/ext/a/_k.c").read_text() == "the C"
    assert (build / "profile").read_text() == "release"
    # the C is newer than its source, or Cython would write it again
    assert (build / "cython/ext/a/_k.c").stat().st_mtime >= (there / "setup.py").stat().st_mtime
    # what is being written is left out, and no digest stands there before the build is through
    assert [p.name for p in (build / "translated/0ab1").iterdir()] == ["lib.c"]
    assert not (build / "cython/digest").exists()
    script.keep(build, digest)
    assert (build / "cython/digest").read_text() == (here / "build/cython/digest").read_text()
    assert ": of the same sources" in capsys.readouterr().out


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("lacks", [True, False])
def test_a_source_that_differs_or_lacks_has_all_translated(name, lacks, here, tmp_path, capsys):
    there = tmp_path / "there"
    script = tree(there)
    if lacks and name != "setup.py":
        (there / name).unlink()
    else:
        (there / name).write_text(SOURCES[name] + " ")
    script.take(there / "build", "release", True)
    assert not (there / "build").exists()
    assert "not of the same sources" in capsys.readouterr().out


@pytest.mark.parametrize("choices", [("native", True), ("release", False)])
def test_another_profile_has_all_translated(choices, here, tmp_path):
    there = tmp_path / "there"
    tree(there).take(there / "build", *choices)
    assert not (there / "build").exists()


def test_a_folder_that_was_built_in_keeps_what_it_has(here, tmp_path):
    there = tmp_path / "there"
    script, build = tree(there), there / "build"
    build.mkdir()
    (build / "profile").write_text("release")
    script.take(build, "release", True)
    assert [p.name for p in build.iterdir()] == ["profile"]


def test_a_build_that_breaks_off_is_not_taken_from(here, tmp_path):
    script = tree(tmp_path / "again")
    script.take(here / "build", "release", True)
    assert not (here / "build/cython/digest").exists()


def test_nothing_is_taken_without_being_asked_for(here, tmp_path, monkeypatch):
    monkeypatch.delenv("FARSIDE_TRANSLATED")
    there = tmp_path / "there"
    tree(there).take(there / "build", "release", True)
    assert not (there / "build").exists()
