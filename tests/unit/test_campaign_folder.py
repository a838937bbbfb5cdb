"""The folder of a campaign: what is refused, what is found damaged, and who can read it."""

import json
import shutil
import sys
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flown_campaign import RUNS, SEED, bits, blind_task, changed, plan, reference, rows, serial

from farside.campaign import (
    CampaignError,
    fly_campaign,
    plan_campaign,
    read_campaign,
    replay,
    shard_of,
)
from farside.campaign.columns import columns, row_not_flown
from farside.campaign.extras import extra
from farside.campaign.history import history_columns
from farside.campaign.netcdf import write_netcdf
from farside.campaign.processes import ProcessPool
from farside.campaign.task import fly_run
from farside.campaign.workers import Dask
from farside.flight.inputs import drawn_inputs
from farside.mission import load_mission


@pytest.fixture
def folder(tmp_path):
    """Return a copy of a flown campaign, to be spoilt."""
    return shutil.copytree(reference(), tmp_path / "campaign")


def part_of(folder):
    (path,) = (folder / "parts").iterdir()
    return path


def files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(words, function, *arguments, **options):
    """Have something refused, in one line that holds these words."""
    with pytest.raises(CampaignError) as why:
        function(*arguments, **options)
    assert "\n" not in str(why.value)
    for word in words.split("|"):
        assert word in str(why.value)


def test_units_and_meanings_are_in_the_file():
    schema = pq.read_schema(part_of(reference()))
    about = schema.field("touchdown_miss_m").metadata
    assert about[b"unit"] == b"m" and b"chosen site" in about[b"description"]
    for name in schema.names:
        assert set(schema.field(name).metadata) >= {b"unit", b"description"}
        assert not pa.types.is_binary(schema.field(name).type)
    assert schema.field("input_thrust_percent").metadata[b"unit"] == b"%"
    assert schema.field("input_velocity_up_mps").metadata[b"unit"] == b"m/s"
    assert schema.names == [column.name for column in columns(plan().mission)]


@pytest.mark.slow
def test_pandas_polars_and_duckdb_read_it():
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    duckdb = pytest.importorskip("duckdb")
    parts = str(reference() / "parts" / "*.parquet")
    miss = read_campaign(reference()).table["touchdown_miss_m"].to_pylist()
    assert pandas.read_parquet(reference() / "parts")["touchdown_miss_m"].tolist() == miss
    assert polars.read_parquet(parts)["touchdown_miss_m"].to_list() == miss
    asked = f"select touchdown_miss_m from '{parts}' where outcome is not null order by run"
    assert [value for (value,) in duckdb.sql(asked).fetchall()] == miss


def test_telemetry_of_what_was_not_safe():
    flown = read_campaign(reference())
    unsafe = [row["run"] for row in flown.table.to_pylist() if not row["safe"]]
    assert unsafe  # without a map some stand where no one should
    kept = {path.name for path in (reference() / "telemetry").iterdir()}
    assert kept == {f"run-{run:09d}.parquet" for run in unsafe}
    row = flown.row(unsafe[0])
    history = pq.read_table(reference() / "telemetry" / f"run-{unsafe[0]:09d}.parquet")
    assert history.column_names == [column.name for column in history_columns()]
    assert history.schema.field("r_site_x").metadata[b"unit"] == b"m"
    ticks = history["tick"].to_numpy()
    assert np.all(np.diff(ticks)[:-1] == 10) and ticks[-1] == row["ticks"] - 1
    assert history["mass_kg"][-1].as_py() == pytest.approx(row["landed_mass_kg"], abs=1e-3)
    assert history["r_site_x"][-1].as_py() == pytest.approx(row["touchdown_east_m"], abs=1e-4)


def test_a_run_that_cannot_be_flown_is_a_row():
    mission = load_mission("chang-e-6")
    inputs = drawn_inputs(mission, 0, 4)
    names = [column.name for column in columns(mission)]
    # of another mission: refused before it flies, as any reason would be
    row, landing = fly_run(load_mission("apollo-11"), blind_task(0), 4, inputs)
    assert landing is None
    assert row["outcome"] == "not_flown" and not row["safe"]
    assert row["error"].startswith("FarsideError: ") and "\n" not in row["error"]
    row = row_not_flown(4, mission, inputs, "BrakingError: no")
    assert sorted(row) == sorted(names)
    assert np.isnan(row["duration_s"]) and row["ticks"] == 0
    assert row["input_isp_percent"] == inputs["isp_percent"]


@pytest.mark.slow
def test_xarray_and_netcdf(tmp_path):
    xarray = pytest.importorskip("xarray")
    flown = read_campaign(reference())
    held = flown.to_xarray()
    assert held.sizes == {"run": RUNS}
    assert held["touchdown_miss_m"].attrs["units"] == "m"
    assert held["touchdown_miss_m"].values.tolist() == flown.table["touchdown_miss_m"].to_pylist()
    pytest.importorskip("h5py")
    write_netcdf(flown, tmp_path / "a.nc")
    with xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf") as back:
        assert back["outcome"].values.tolist() == flown.table["outcome"].to_pylist()
        final = back["final_state_r_up_m"].values
        assert final.tobytes() == flown.table["final_state_r_up_m"].to_numpy().tobytes()
        assert back["duration_s"].attrs["units"] == "s"
        assert back.attrs["seed"] == SEED
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_part_cut_short(folder, share):
    part = part_of(folder)
    whole = part.read_bytes()
    part.write_bytes(whole[: int(share * len(whole))])
    refused(f"{part}|cut short or damaged|--resume", read_campaign, folder)
    # a resume moves nothing by itself
    before = files(folder)
    refused(f"{part}|move it away", serial, plan(), folder, resume=True)
    assert files(folder) == before


@pytest.mark.slow
def test_a_part_moved_away_is_flown_again(folder):
    part_of(folder).unlink()
    serial(plan(), folder, resume=True)
    assert rows(folder) == rows(reference())


@pytest.mark.slow
def test_no_damage_goes_unseen(folder):
    """A bit turned anywhere is found, or harmless: what is read then is what was written."""
    part = part_of(folder)
    whole, held = part.read_bytes(), rows(reference())
    places = np.random.default_rng(1).integers(0, len(whole), 150)
    found = 0
    for place in places.tolist():
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << place % 8
        part.write_bytes(bytes(spoilt))
        try:
            assert rows(folder) == held
        except CampaignError as why:
            assert str(part) in str(why)
            found += 1
    assert found > 50


def test_a_part_that_holds_something_else(folder):
    part = part_of(folder)
    table = pq.read_table(part)
    other = part.with_name("runs-000000000-000000008.parquet")
    part.rename(other)
    refused("12 rows where its name says 9", read_campaign, folder)
    other.rename(part)
    pq.write_table(table.take(list(range(RUNS))[::-1]), part)
    refused("its runs are not those of its name", read_campaign, folder)
    pq.write_table(table.drop_columns(["outcome"]), part)
    refused("its columns are not this campaign's", read_campaign, folder)
    pq.write_table(table.replace_schema_metadata({"pandas": "{}"}), part)
    refused("its columns are not this campaign's", read_campaign, folder)
    pq.write_table(table, part)
    assert rows(folder) == rows(reference())
    part.rename(part.with_name("runs-000000012-000000023.parquet"))
    refused("runs beyond the 12", read_campaign, folder)


def test_runs_that_are_told_twice(folder, tmp_path):
    assert rows(folder, reference()) == rows(reference())
    table = pq.read_table(part_of(folder))
    at = table.column_names.index("duration_s")
    longer = pa.array(np.nextafter(table["duration_s"].to_numpy(), 1e9))
    pq.write_table(table.set_column(at, table.schema.field(at), longer), part_of(folder))
    refused("differently (duration_s)", read_campaign, folder, reference())


MANIFESTS = {
    "not JSON": "{",
    "not an object": "[1]",
    "runs is missing or of another kind": {"runs": "12"},
    "seed is missing or of another kind": {"seed": True},
    "runs -1: give a whole number, from 1": {"runs": -1},
    "format 2": {"format": 2},
    "the mission file in it was changed": {"mission_sha256": "0"},
    "damaged: mission": {"mission_file": "[site]"},
    "dems is of another kind": {"dems": [1]},
}


@pytest.mark.parametrize("words", MANIFESTS)
def test_a_damaged_manifest(folder, words):
    spoilt = MANIFESTS[words]
    path = folder / "campaign.json"
    if isinstance(spoilt, dict):
        spoilt = json.dumps(json.loads(path.read_bytes()) | spoilt)
    path.write_text(spoilt)
    refused(f"{path}|{words}", read_campaign, folder)


def test_a_folder_of_something_else(tmp_path):
    refused("no campaign is here", read_campaign, tmp_path)
    refused("no campaign is here to resume", serial, plan(), tmp_path, resume=True)
    (tmp_path / "thesis.txt").write_text("years of work")
    refused("holds thesis.txt and no campaign", serial, plan(), tmp_path)
    refused("holds thesis.txt", serial, plan(), tmp_path, shard=range(0, 4))
    refused("a file is in the way", serial, plan(), tmp_path / "thesis.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


OTHERS = {
    "another mission file (chang-e-6, not this apollo-11)": lambda: plan_campaign(
        "apollo-11", RUNS, seed=SEED, imaging=False
    ),
    f"another seed ({SEED}, not 8)": lambda: changed(plan(), seed=8),
    "another sampling (plain, not sobol)": lambda: plan(sampling="sobol"),
    "another sampler": lambda: changed(plan(), sampler="scipy 1.0.0"),
    "another imaging (off, not on)": lambda: changed(plan(), imaging=True),
    "another version of farside": lambda: changed(plan(), farside="0.0.1"),
    "campaign of 12 runs, not 5; give --runs 12 or more": lambda: plan(5),
}


@pytest.mark.parametrize("words", OTHERS)
def test_a_resume_into_another_campaign(folder, words):
    before = files(folder)
    refused(words, serial, OTHERS[words](), folder, resume=True)
    assert files(folder) == before


def test_a_folder_that_is_in_use(folder):
    before = files(folder)
    refused("holds a campaign; --resume", serial, plan(), folder)
    refused("holds runs of this shard; --resume", serial, plan(), folder, shard=range(3, 6))
    refused("give --runs 12", serial, plan(20), folder, shard=range(12, 15))
    assert serial(plan(), folder, resume=True).flown == 0
    assert files(folder) == before


def test_shards():
    for runs, of in ((12, 5), (7, 7), (10**9, 1000)):
        blocks = [shard_of(runs, i, of) for i in range(1, of + 1)]
        assert blocks[0].start == 0 and blocks[-1].stop == runs
        assert all(a.stop == b.start for a, b in pairwise(blocks))
        assert max(map(len, blocks)) - min(map(len, blocks)) <= 1
    refused("4 shards of 3 runs", shard_of, 3, 1, 4)
    refused("numbered 1/4 to 4/4", shard_of, 9, 0, 4)
    refused("numbered 1/4 to 4/4", shard_of, 9, 5, 4)


def test_bad_numbers(tmp_path):
    refused("runs 0: give a whole number, from 1", plan_campaign, "chang-e-6", 0)
    refused("seed -1", plan_campaign, "chang-e-6", 1, seed=-1)
    refused("sampling 'halton'", plan_campaign, "chang-e-6", 1, sampling="halton")
    refused("no.tif: cannot be read", plan_campaign, "chang-e-6", 1, dems=[tmp_path / "no.tif"])
    refused("0 workers", ProcessPool, 0)
    refused("run 99: not flown", read_campaign(reference()).row, 99)


def test_a_raster_that_cannot_be_flown_over(tmp_path):
    wrong = tmp_path / "dem.tif"
    wrong.write_bytes(b"no raster")
    refused("dem.tif", serial, plan(dems=[wrong]), tmp_path / "a")
    # nor one that changed between two days
    wrong.write_bytes(b"another")
    begun = read_campaign(tmp_path / "a").plan
    refused("changed since the campaign was begun", serial, begun, tmp_path / "a", resume=True)


def test_what_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refused("pip install 'farside[campaign]'", extra, "pyarrow", "campaign")
    refused("pip install 'farside[campaign]'", fly_campaign, plan(), tmp_path / "a")
    assert not (tmp_path / "a").exists()
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused("pip install 'farside[dask]'", Dask, "local")


def test_rows_compare_to_the_bit():
    table = pa.table({"a": [0.0, float("nan")]})
    assert bits(table) != bits(pa.table({"a": [-0.0, float("nan")]}))
    assert bits(table) == bits(pa.table({"a": [0.0, float("nan")]}))


@pytest.mark.slow
def test_every_fact_of_a_landing_has_a_column():
    names = {column.name: column for column in columns(plan().mission)}
    facts = replay(read_campaign(reference()), 0).landing.to_dict()
    for table in ("touchdown", "site"):
        assert {f"{table}_{key}" for key in facts[table]} <= set(names)
    assert all(column.meaning for column in names.values())
    assert len(names) == len(columns(plan().mission))
