"""What the replay is made of: numbers that survive the way, a page that trusts nothing."""

import base64
import dataclasses
import hashlib
import json
import re
import struct
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from flown import landing as flown
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sample_landing import cut_short, sample_landing, with_holes

from farside.flight.faults import FlownFault
from farside.ground import Ground
from farside.ground.lattice import Block
from farside.mission import load_mission
from farside.report.replay import bundle, write_replay
from farside.report.replay.coding import pack_heights
from farside.report.replay.motion import chosen_rows, motion
from farside.report.replay.replay_page import render_replay
from farside.report.replay.scene import scene
from farside.report.replay.squares import SQUARES, rasters
from farside.report.template import own
from farside.report.track import Track

LARGEST_BYTES = 2_000_000


def unpack(packed):
    """Read heights back one by one, as the page does."""
    planes = zlib.decompress(base64.b64decode(packed["data"]))
    rows, columns = packed["rows"], packed["columns"]
    level = np.zeros((rows + 1, columns + 1), np.int64)
    for i in range(rows):
        for j in range(columns):
            k = i * columns + j
            folded = planes[k] | planes[rows * columns + k] << 8
            left = -((folded + 1) >> 1) if folded & 1 else folded >> 1
            level[i + 1, j + 1] = (left + level[i, j + 1] + level[i + 1, j] - level[i, j]) & 0xFFFF
    return packed["low_m"] + packed["step_m"] * level[1:, 1:]


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 7), st.integers(1, 7)),
        elements=st.floats(-9000, 11000, width=32),
    ),
    st.sampled_from([0.002, 0.1, 50.0]),
)
def test_heights_come_back_to_half_a_step(heights, step):
    packed = pack_heights(heights, step)
    # and what single precision leaves of a height of kilometres
    assert np.abs(unpack(packed) - heights).max() <= 0.5 * packed["step_m"] * 1.0001 + 1e-3
    assert packed["step_m"] == step or packed["step_m"] * 65535 >= np.ptp(heights.astype(float))


def test_holes_in_heights_are_filled():
    heights = np.array([[1.0, np.nan], [3.0, np.inf]], np.float32)
    assert unpack(pack_heights(heights, 0.5)).tolist() == [[1.0, 1.0], [3.0, 1.0]]
    nothing = pack_heights(np.full((2, 2), np.nan, np.float32), 0.5)
    assert np.isfinite(unpack(nothing)).all()


@pytest.fixture(scope="module")
def ground():
    return Ground(load_mission("chang-e-6"), seed=4)


def test_an_overview_is_the_ground_without_its_finer_detail(ground):
    block = Block(-40, 41, -40, 41)
    fine = ground.overview(0, block)
    steps = np.arange(-40, 41) * 0.1
    u, v = np.meshgrid(steps, steps)
    # single precision of heights within 100 m of the site
    np.testing.assert_allclose(fine, ground.height(u, v), atol=2e-4)
    # rocks and craters under 1.6 m, and 10 cm of fractal at most, are what a coarser level lacks
    coarse = ground.overview(3, Block(-5, 6, -5, 6))
    assert 0.0 < np.abs(coarse - fine[::8, ::8]).max() < 1.0


def test_what_was_measured_far_away(ground):
    # level 13 reads the corridor, interpolated over 950 m; the DEM's own posting is 3.8 km
    block = Block(-20, 21, -300, -240)
    u, v = block.arcs(13)
    apart = ground.overview(13, block) - ground.measured_heights(u, v)
    assert np.abs(apart).mean() < 20.0


def test_squares_fit_into_each_other(ground):
    east, north = 431.7, -212.3
    found = rasters(ground, east, north, 400e3)
    u, v = (float(arc) for arc in ground.arcs_of(east, north))
    for fine, coarse in pairwise(found):
        quad = coarse["cell_m"] * coarse["mesh"]
        for first, count in (("u0_m", "columns"), ("v0_m", "rows")):
            low = fine[first] - coarse[first]
            high = low + (fine["heights"][count] - 1) * fine["cell_m"]
            for edge in (low, high):
                assert abs(edge / quad - round(edge / quad)) < 1e-6
            assert 0.0 <= low < high <= (coarse["heights"][count] - 1) * coarse["cell_m"] + 1e-6
    near = found[0]
    half = 0.5 * SQUARES[0][1] * near["cell_m"]
    # the lander stands within a quad of the next mesh of the middle
    assert abs(near["u0_m"] + half - u) < 1.0 and abs(near["v0_m"] + half - v) < 1.0


def test_rough_ground_still_fits(ground, monkeypatch):
    smooth = rasters(ground, 0.0, 0.0, 400e3)
    whole = sum(len(raster["heights"]["data"]) for raster in smooth)
    monkeypatch.setattr("farside.report.replay.squares.MOST_CHARACTERS", whole - 100_000)
    coarser = rasters(ground, 0.0, 0.0, 400e3)
    assert sum(len(raster["heights"]["data"]) for raster in coarser) <= whole - 100_000
    assert coarser[0]["heights"]["step_m"] > smooth[0]["heights"]["step_m"]


def columns(found):
    """Columns of the motion, as the page reads them."""
    return {
        name: np.frombuffer(base64.b64decode(text), "<f4")
        for name, text in found["columns"].items()
    }


@pytest.mark.slow
def test_motion_keeps_the_ends_and_every_phase():
    track = Track(flown())
    rows = chosen_rows(track)
    assert {0, len(track.t_s) - 1, track.contact, *(s.first for s in track.spans)} <= set(rows)
    assert len(rows) < 4000
    found = motion(track)
    last = {name: values.reshape(found["rows"], -1)[-1] for name, values in columns(found).items()}
    np.testing.assert_allclose(last["r_site"], track.landing.telemetry["r_site"][-1], atol=1e-4)
    assert last["mass_kg"][0] == pytest.approx(track.landing.landed_mass_kg, abs=1e-3)
    assert [phase["name"] for phase in found["phases"]] == [p.name for p in track.landing.phases]


def test_the_phases_have_the_colours_and_numbers_of_the_figures():
    track = Track(sample_landing())
    phases = motion(track)["phases"]
    assert [(p["colour"], f"{p['number']} {p['name']}") for p in phases] == track.keys()


def test_between_its_rows_the_motion_is_the_flight():
    track = Track(flown())
    found = motion(track)
    c = columns(found)
    t, telemetry = c["t_s"].astype(float), track.landing.telemetry
    r, v = c["r_site"].reshape(-1, 3).astype(float), c["v_site"].reshape(-1, 3).astype(float)
    at = track.t_s
    i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
    dt = t[i + 1] - t[i]
    u = ((at - t[i]) / dt)[:, None]
    dt = dt[:, None]
    between = r[i] + u * u * (3 - 2 * u) * (r[i + 1] - r[i])
    between += u * (1 - u) * dt * ((1 - u) * v[i] - u * v[i + 1])
    off = np.linalg.norm(between - telemetry["r_site"], axis=1)
    # 0.04 m of single precision far out; within the last kilometre what a picture can show
    assert off.max() < 0.2
    assert off[telemetry["height_m"] < 1000.0].max() < 0.01


class Reader(HTMLParser):
    """Collects tags, whatever would be loaded, and the text of each element by its id."""

    def __init__(self):
        super().__init__()
        self.tags, self.loads, self.held, self.scripts, self._id = [], [], {}, [], None

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.loads += [found[key] for key in ("src", "href", "srcset") if found.get(key)]
        self._id = found.get("id") or tag

    def handle_endtag(self, tag):
        self._id = None

    def handle_data(self, data):
        if self._id:
            self.held[self._id] = self.held.get(self._id, "") + data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def page():
    return render_replay(flown(), report="report.html")


def test_the_page_stands_alone(page):
    assert len(page.encode()) < LARGEST_BYTES
    reader = read(page)
    assert reader.loads == ["data:,", "report.html"]
    assert reader.tags.count("script") == 3
    held = json.loads(reader.held["scene"])
    assert held["facts"]["telemetry_sha256"] == flown().telemetry_sha256
    assert "three.js authors" in page and "Permission is hereby granted" in page


def test_its_policy_lets_nothing_in(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "connect-src" not in policy  # so default-src rules: none


def test_the_policy_names_the_two_scripts_that_the_page_carries(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    reader = read(page)
    program = zlib.decompress(base64.b64decode(reader.held["program"])).decode()
    assert program == own("report/replay/replay.min.js")
    named = [
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (reader.held["script"], program)
    ]
    assert re.search("script-src ([^;]*);", policy)[1] == " ".join(f"'{each}'" for each in named)


def test_text_from_files_stays_text():
    evil = '</script><script>alert("x")</script><b>&'
    landing = sample_landing()
    plan = dataclasses.replace(landing.plan, title=evil)
    reader = read(render_replay(dataclasses.replace(landing, plan=plan, mission=evil)))
    assert "b" not in reader.tags and reader.tags.count("script") == 3
    assert json.loads(reader.held["scene"])["title"] == evil
    assert reader.held["title"].startswith(evil)


@pytest.mark.parametrize(
    "strange",
    [
        lambda: sample_landing(imaging=False),
        lambda: cut_short("crashed", 5000),
        lambda: cut_short("out_of_propellant", 1),
        lambda: with_holes(sample_landing()),
    ],
)
def test_any_flight_has_a_replay(tmp_path, strange):
    path = write_replay(strange(), tmp_path / "replay.html")
    assert path == tmp_path / "replay.html"
    text = path.read_text()
    assert len(text.encode()) < LARGEST_BYTES
    facts = json.loads(read(text).held["scene"])
    assert facts["motion"]["rows"] > 0
    assert "hidden" in re.search(r'<a id="report"[^>]*>', text)[0]  # no report beside it


def test_faults_are_data_and_have_their_times():
    evil = '</script><img src="x">'
    faults = (
        FlownFault(evil, 1.0, True, 300.0, 320.0),
        FlownFault("star_tracker silent from 600 s", 1.0, True, 600.0),
        FlownFault("engine cut below 1 m", 1.0, True, None),
    )
    landing = dataclasses.replace(cut_short("crashed", 65_000), faults=faults)
    text = render_replay(landing)
    reader = read(text)
    assert "img" not in reader.tags and reader.tags.count("script") == 3
    found = json.loads(reader.held["scene"])["faults"]
    assert [(f["text"], f["start_s"], f["end_s"], f["ended"]) for f in found] == [
        (evil, 300.0, 320.0, True), ("star_tracker silent from 600 s", 600.0, 650.0, False)
    ]  # fmt: skip


def test_synthetic_ground_is_said_to_be_synthetic():
    said = " ".join(scene(flown())["ground"]["provenance"])
    assert "SYNTHETIC within 5.0 km" in said and "whole-Moon DEM" in said
    flat = dataclasses.replace(flown(), ground=Ground(flown().plan, flat=True))
    assert scene(flat)["ground"]["provenance"] == ["A smooth sphere: no relief was asked for."]


def test_the_scan_lies_where_the_truth_was():
    found = scene(flown())["scan_view"]
    chosen = next(site for site in found["sites"] if site["chosen"])
    rest = flown().telemetry["r_site"][-1]
    # the lander comes down on what it chose: within what the velocimeter's drift makes of it
    assert np.hypot(chosen["east_m"] - rest[0], chosen["north_m"] - rest[1]) < 3.0
    kinds = np.frombuffer(zlib.decompress(base64.b64decode(found["kinds"])), np.uint8)
    safe = flown().imaging.hazards.safe
    assert np.array_equal(kinds.reshape(safe.shape) == 0, safe)
    assert found["scan_start_s"] < found["scan_end_s"] < found["chosen_s"]
    assert struct.calcsize("<h") * found["points"]["rows"] ** 2 == len(
        base64.b64decode(found["points"]["data"])
    )


def test_the_bundle_is_built_from_these_sources():
    head = bundle.BUILT.read_text("utf-8").split("\n", 1)[0]
    assert bundle.sources_sha256() in head, "the sources have changed: make replay-bundle"
    built = bundle.BUILT.read_text("utf-8")
    assert not [word for word in ("console.log", "debugger", "sourceMappingURL") if word in built]
    assert (bundle.HERE / "three.LICENSE").read_text().startswith("The MIT License")
