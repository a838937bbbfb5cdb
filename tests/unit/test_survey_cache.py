"""What a survey keeps from one run to the next: the same bits, made anew where damaged."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest

from farside.mission import load_mission
from farside.survey import landing_cache, landing_templates
from farside.survey.landing_cache import CacheWarning, folder, kept
from farside.survey.landing_hazards import limits_of

ARRAY = np.random.default_rng(1).random((3, 4))


@dataclass(frozen=True)
class Asked:
    """What an array may be made from."""

    width_m: float = 1.0
    name: str = "a"


class Maker:
    """Counts how often it makes the array."""

    def __init__(self, made=ARRAY):
        self.made, self.count = made, 0

    def __call__(self):
        self.count += 1
        return self.made


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("FARSIDE_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_the_second_run_reads_what_the_first_made():
    first, second = Maker(), Maker()
    made = kept("x", Asked(), (3, 4), first)
    again = kept("x", Asked(), (3, 4), second)
    assert (first.count, second.count) == (1, 0)
    assert made.tobytes() == again.tobytes() == ARRAY.tobytes()


@pytest.mark.parametrize(
    "other", [Asked(width_m=1.0 + 2e-16), Asked(name="b"), (Asked(), 1.0), (Asked(), "1.0")]
)
def test_whatever_enters_makes_another_file(other, place):
    kept("x", Asked(), (3, 4), Maker())
    maker = Maker()
    kept("x", other, (3, 4), maker)
    assert maker.count == 1 and len(list(place.iterdir())) == 2


def test_other_code_makes_another_file(monkeypatch):
    kept("x", Asked(), (3, 4), Maker())
    monkeypatch.setattr(landing_cache, "_CODE", landing_cache._CODE[1:])
    maker = Maker()
    kept("x", Asked(), (3, 4), maker)
    assert maker.count == 1


@pytest.mark.parametrize("harm", ["cut", "flip", "grow", "empty", "pickle"])
def test_a_damaged_file_is_made_anew_and_says_so_in_one_line(harm, place):
    kept("x", Asked(), (3, 4), Maker())
    (path,) = place.iterdir()
    data = bytearray(path.read_bytes())
    if harm == "flip":
        data[-3] ^= 1
    elif harm == "pickle":
        data = bytearray(b"\x80\x04N." * 40)
    else:
        data = {"cut": data[:-9], "grow": data + bytes(10**6), "empty": bytearray()}[harm]
    path.write_bytes(bytes(data))
    maker = Maker()
    with pytest.warns(CacheWarning, match="damaged; made anew"):
        again = kept("x", Asked(), (3, 4), maker)
    assert maker.count == 1 and again.tobytes() == ARRAY.tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept("x", Asked(), (3, 4), maker)
    assert maker.count == 1


def test_a_file_of_another_shape_is_not_taken():
    kept("x", Asked(), (3, 4), Maker())
    with pytest.warns(CacheWarning):
        found = kept("x", Asked(), (4, 3), Maker(ARRAY.T))
    assert found.shape == (4, 3)


def test_two_at_once_leave_one_whole_file(place):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kept("x", Asked(), (3, 4), Maker()), range(32)))
    assert all(each.tobytes() == ARRAY.tobytes() for each in made)
    assert len(list(place.iterdir())) == 1


def test_the_oldest_files_go(place, monkeypatch):
    monkeypatch.setattr(landing_cache, "_MOST_FILES", 3)
    for n in range(5):
        kept("x", n, (3, 4), Maker())
        for each in place.iterdir():
            os.utime(each, (0, each.stat().st_mtime - 100))
    assert len(list(place.iterdir())) == 3


def test_a_folder_that_cannot_be_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FARSIDE_CACHE", str(tmp_path / "file" / "below"))
    with pytest.warns(CacheWarning, match="cannot be kept"):
        assert kept("x", Asked(), (3, 4), Maker()).tobytes() == ARRAY.tobytes()
    monkeypatch.setenv("FARSIDE_CACHE", "off")
    maker = Maker()
    kept("x", Asked(), (3, 4), maker)
    kept("x", Asked(), (3, 4), maker)
    assert folder() is None and maker.count == 2


def test_the_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("FARSIDE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "farside"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert folder() == tmp_path / ".cache" / "farside"


def test_chances_are_the_same_bits_with_and_without(monkeypatch, place):
    monkeypatch.setattr(landing_templates, "SEEDS", 2)
    monkeypatch.setattr(landing_templates, "PER_SEED", 2)
    plan = load_mission("chang-e-6")
    asked = replace(plan.ground, hurst_regional=0.7), 1024.0, limits_of(plan)
    made = [landing_templates.chances.__wrapped__(*asked) for _ in range(2)]
    assert len(list(place.iterdir())) == 1
    monkeypatch.setenv("FARSIDE_CACHE", "off")
    made.append(landing_templates.chances.__wrapped__(*asked))
    for name in ("footprint", "holds", "finds"):
        assert len({getattr(each, name).tobytes() for each in made}) == 1
