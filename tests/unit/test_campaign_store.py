"""Campaigns whose rows stay on the disk: the same numbers in little memory."""

import errno
import itertools
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import rankdata
from studies.million_rows import make
from tests.support.flown_campaign import RUNS, bits, environment, reference
from tests.support.sample_campaign import campaign_of, fail, sample_columns, table_of

from farside.campaign import CampaignError, open_campaign, read_campaign
from farside.campaign import netcdf as netcdf_module
from farside.campaign import store as store_module
from farside.campaign.campaign import read_around
from farside.campaign.compare import compare
from farside.campaign.folder import PARTS, parts_in
from farside.campaign.netcdf import write_netcdf
from farside.campaign.page.campaign_page import render_campaign
from farside.campaign.page.cells import CELLS, cloud_words, count_cells
from farside.campaign.statistics import ranks as ranks_module
from farside.campaign.statistics import summarise
from farside.campaign.statistics.drivers import rank_correlations
from farside.campaign.statistics.flights import Flights
from farside.campaign.store import StoredRows
from farside.campaign.worst import worst_runs

_KEPT: list[TemporaryDirectory] = []


@cache
def many() -> Path:
    """Make a campaign of 2000 rows from flown ones, once."""
    kept = TemporaryDirectory()
    _KEPT.append(kept)
    folder = Path(kept.name) / "many"
    make(reference(), folder, 2000, of_a_part=300)
    return folder


def stored(table, pieces=3):
    """Lay a table down in pieces."""
    edges = np.linspace(0, table.num_rows, pieces + 1).astype(int)
    cut = [table.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    return StoredRows(table.schema, cut)


@pytest.mark.slow
def test_a_column_and_a_slice_are_those_of_the_table(monkeypatch):
    monkeypatch.setattr(store_module, "ROWS_OF_A_GROUP", 256)
    whole, kept = read_campaign(many()).table, open_campaign(many()).table
    assert kept.num_rows == whole.num_rows == 2000
    assert kept.column_names == whole.column_names
    assert kept._file.metadata.num_row_groups > 4
    for name in ("run", "outcome", "safe", "touchdown_miss_m", "final_state_q_w"):
        assert bits(whole.select([name])) == bits(pa.table({name: kept[name]}))
    for first, count in ((0, 1), (255, 2), (1000, 700), (1999, 1), (2000, 5)):
        assert bits(kept.slice(first, count)) == bits(whole.slice(first, count))
    assert repr(open_campaign(many()).row(1234)) == repr(read_campaign(many()).row(1234))


@pytest.mark.slow
def test_rows_are_in_memory_while_few_and_on_the_disk_after(monkeypatch):
    assert not open_campaign(reference()).table._scratch._rolled
    monkeypatch.setattr(store_module, "IN_MEMORY_BYTES", 1000)
    kept = open_campaign(reference()).table
    assert kept._scratch._rolled
    assert bits(kept.slice(0, RUNS)) == bits(read_campaign(reference()).table)


@pytest.mark.slow
def test_statistics_and_page_are_the_same(tmp_path):
    whole, kept = read_campaign(many()), open_campaign(many())
    said, again = summarise(whole), summarise(kept)
    assert said.to_dict() == again.to_dict()
    assert render_campaign(whole, "here", said) == render_campaign(kept, "here", again)
    assert worst_runs(whole) == worst_runs(kept)
    assert whole.missing == kept.missing == []
    assert compare(whole, whole) == compare(kept, kept)


def test_what_fails_is_said_the_same_of_both():
    columns = sample_columns(3000)
    for run in (5, 700, 2999):
        fail(columns, run, "not_flown", error=f"no way, {run % 2}")
    for run in range(40, 100, 3):
        fail(columns, run, "crashed", touchdown_tilt_deg=25.0)
        columns["touchdown_miss_east_m"][run] = np.nan
    whole = campaign_of(columns)
    kept = replace(whole, table=stored(whole.table))
    assert summarise(whole).to_dict() == summarise(kept).to_dict()


def test_chosen_rows_are_rows_that_were_taken():
    columns = sample_columns(500)
    fail(columns, 7, "crashed", error="why")
    table, chosen = table_of(columns), np.array([0, 7, 30, 499])
    some, taken = Flights(stored(table), chosen=chosen), Flights(table.take(chosen))
    assert len(some) == len(taken) == 4
    for name in ("propellant_kg", "no such column"):
        np.testing.assert_array_equal(some.number(name), taken.number(name))
        np.testing.assert_array_equal(some.flag(name), taken.flag(name))
    np.testing.assert_array_equal(some.run, taken.run)
    np.testing.assert_array_equal(some.words("outcome"), taken.words("outcome"))
    assert some.words_where("error", np.array([False, True, False, False])) == ["why"]
    names, which = some.kinds("outcome")
    assert [names[i] for i in which] == ["landed", "crashed", "landed", "landed"]


@pytest.mark.slow
def test_parts_that_overlap_are_there_once_and_in_order(tmp_path, monkeypatch):
    """Shards that were cut in other places tell some runs twice."""
    make(reference(), tmp_path / "a", 1000, of_a_part=100)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    _cut_again(tmp_path / "b", 130)
    held = []
    once = store_module.once
    monkeypatch.setattr(
        store_module, "once", lambda table: held.append(table.num_rows) or once(table)
    )
    whole = read_campaign(tmp_path / "a")
    held.clear()
    both = open_campaign(tmp_path / "b", tmp_path / "a")
    assert bits(both.table.slice(0, 1000)) == bits(whole.table)
    # no more than what overlaps is in memory, though the chain of parts never breaks
    assert max(held) < 400


def _cut_again(folder, rows):
    """Cut a campaign's parts at other places."""
    from farside.campaign.columns import columns
    from farside.campaign.parts import encode, part_name

    campaign = read_campaign(folder)
    for _, path in list(parts_in(folder)):
        path.unlink()
    names = columns(campaign.mission)
    for first in range(0, campaign.table.num_rows, rows):
        piece = campaign.table.slice(first, rows)
        runs = range(first, first + piece.num_rows)
        held = {name: piece[name].to_numpy() for name in piece.column_names}
        (folder / PARTS / part_name(runs)).write_bytes(encode(names, held))


@pytest.mark.slow
def test_a_damaged_part_is_named_when_it_is_opened(tmp_path):
    make(reference(), tmp_path / "a", 60, of_a_part=20)
    part = sorted((tmp_path / "a" / PARTS).iterdir())[1]
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.raises(CampaignError, match=re.escape(str(part))):
        open_campaign(tmp_path / "a")


def test_a_run_is_read_without_the_rest(tmp_path):
    make(reference(), tmp_path / "a", 60, of_a_part=20)
    parts = sorted((tmp_path / "a" / PARTS).iterdir())
    parts[0].write_bytes(b"damaged")
    assert read_around(tmp_path / "a", 25).row(25)["run"] == 25
    parts[0].unlink()
    with pytest.raises(CampaignError, match=r"run 5: not flown .* 40 of 60"):
        read_around(tmp_path / "a", 5).row(5)


def test_no_room_for_scratch_is_a_line(monkeypatch):
    class NoRoom:
        closed = False

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def write(self, _content):
            raise OSError(errno.ENOSPC, "No space left on device")

        def __getattr__(self, _name):
            return lambda *_: True

    monkeypatch.setattr(ranks_module, "scratch_file", NoRoom)
    with pytest.raises(CampaignError, match=r"no room for the ranks .*set TMPDIR"):
        summarise(open_campaign(many()))
    monkeypatch.setattr(store_module, "scratch_file", lambda: open("/dev/full", "w+b"))
    with pytest.raises(CampaignError, match=r"no room for the rows.*set TMPDIR"):
        open_campaign(many())


def test_ranks_in_blocks_are_ranks_at_once(monkeypatch):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1000, 7)).round(1)  # with ties
    y = x @ rng.normal(size=7) + rng.normal(size=1000)
    at_once = rank_correlations(x, y)
    monkeypatch.setattr(ranks_module, "BLOCK_ROWS", 77)
    blocks = rank_correlations(x, y)
    ranks = rankdata(np.column_stack([x, y]), axis=0)
    expected = np.corrcoef(ranks, rowvar=False)
    np.testing.assert_allclose(at_once.spearman, expected[:-1, -1], atol=1e-13)
    np.testing.assert_allclose(blocks.spearman, at_once.spearman, atol=1e-13)
    np.testing.assert_allclose(blocks.partial, at_once.partial, atol=1e-12)


def test_many_touchdowns_are_counted_in_cells():
    rng = np.random.default_rng(1)
    east, north = rng.normal(size=(2, 5000))
    reach = float(np.abs([east, north]).max())
    counts = count_cells(east, north, reach)
    assert counts.sum() == 5000
    i = int((east[0] + reach) / (2.0 * reach) * CELLS)
    j = int((north[0] + reach) / (2.0 * reach) * CELLS)
    inside = (np.minimum(((east + reach) / (2.0 * reach) * CELLS).astype(int), CELLS - 1) == i) & (
        np.minimum(((north + reach) / (2.0 * reach) * CELLS).astype(int), CELLS - 1) == j
    )
    assert counts[i, j] == np.count_nonzero(inside) > 0
    good = np.arange(5000) > 300
    words = cloud_words(np.ones(5000, bool), good, reach)
    assert "all 4,699 safe touchdowns" in words and "first 200 of 301" in words
    assert cloud_words(np.ones(50, bool), good[-50:], reach) == ""


def test_a_page_of_many_says_how_they_are_drawn():
    columns = sample_columns(4000)
    campaign = campaign_of(columns)
    text = render_campaign(campaign, "here", summarise(campaign))
    assert text.count("Shaded: all 4,000 safe touchdowns") == 2
    assert 'class="cell"' in text and 'class="cloud"' not in text
    few = campaign_of(sample_columns(100))
    text = render_campaign(few, "here", summarise(few))
    assert "Shaded:" not in text and 'class="cloud"' in text


@pytest.mark.slow
def test_netcdf_of_stored_rows_and_of_a_full_disk(tmp_path, monkeypatch):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    write_netcdf(open_campaign(many()), tmp_path / "a.nc")
    with xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as back:
        assert bits(read_campaign(many()).table.select(["duration_s", "outcome"])) == {
            "duration_s": back["duration_s"].values.view(np.uint64).tolist(),
            "outcome": back["outcome"].values.tolist(),
        }
    room = [200_000]

    class Small(netcdf_module.FileIO):
        def write(self, content):
            room[0] -= len(content)
            if room[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(content)

    class Careful(netcdf_module.Careful, Small):
        pass

    monkeypatch.setattr(netcdf_module, "Careful", Careful)
    with pytest.raises(CampaignError, match=r"b.nc.*No space left"):
        write_netcdf(open_campaign(many()), tmp_path / "b.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]


MEASURED = """
import json, sys
from studies.million_measure import measure_page
print(json.dumps(measure_page(sys.argv[1], sys.argv[2])))
"""


def _grown_mb(folder, page):
    """Write a campaign's page in a process of its own; by how much its peak memory grew."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(folder), str(page)],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)["grown_mb"]


@pytest.mark.slow
def test_any_number_of_rows_is_a_page_in_the_memory_of_few(tmp_path):
    """A million take 247 MB (docs/million.md); 200 000 in memory at once would take 2.5 GB."""
    make(reference(), tmp_path / "many", 200_000, of_a_part=8192)
    assert _grown_mb(tmp_path / "many", tmp_path / "a.html") < 400.0
    text = (tmp_path / "a.html").read_text("utf-8")
    assert "200,000 dispersed landings" in text and len(text) < 2_000_000
