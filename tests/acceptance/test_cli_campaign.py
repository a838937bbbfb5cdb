"""The commands `campaign`, `replay` and `export campaign`."""

import json

import pytest
from flown_campaign import RUNS, SEED, plan, reference, rows

from farside.campaign import Progress, read_campaign
from farside.cli.campaign import _lines
from farside.cli.main import main

FLY = ["campaign", "chang-e-6", "--seed", str(SEED), "--no-imaging", "--workers", "1"]


@pytest.mark.slow
def test_a_campaign_and_its_resume(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*FLY, "--runs", "3"]) == 0
    out, err = capsys.readouterr()
    assert "Written to campaigns/chang-e-6-7: campaign.html" in out
    assert "3 of 3 flown" in err and "not safe" in err and "a second" in err and "left" in err
    # what is not said is the folder's
    assert main(["campaign", "--resume", "--out", "campaigns/chang-e-6-7", "--runs", "5"]) == 0
    assert {k: v[:5] for k, v in rows(reference()).items()} == rows("campaigns/chang-e-6-7")
    assert main(["campaign", "--resume", "--out", "campaigns/chang-e-6-7"]) == 0
    assert "nothing was missing" in capsys.readouterr().out


@pytest.mark.slow
def test_a_plain_shard(tmp_path):
    folder = tmp_path / "a"
    assert main([*FLY, "--runs", "4", "--plain", "--shard", "2/2", "--out", str(folder)]) == 0
    flown = read_campaign(folder)
    assert flown.plan == plan(4, sampling="plain")
    assert flown.table["run"].to_pylist() == [2, 3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--runs", "0"], "--runs"),
        ([], "Give --runs N"),
        (["--runs", "3", "--shard", "1/4"], "4 shards of 3 runs"),
        (["--runs", "3", "--shard", "0/2"], "numbered 1/2 to 2/2"),
        (["--runs", "3", "--shard", "two"], "give it as i/N"),
        (["--runs", "3", "--dask", "127.0.0.1:1"], "no scheduler answers there"),
        (["--runs", "3", "--dask", "nonsense://"], "no scheduler answers there"),
        (["--runs", "3", "--dask", "127.0.0.1:1", "--workers", "2"], "--workers"),
        (["--runs", "3", "--out", "{held}"], "holds a campaign; --resume goes on"),
        (["--resume"], "give it with --out"),
        (["--resume", "--out", "{held}", "--seed", "9"], "another seed (7, not 9)"),
        (["apollo-11", "--resume", "--out", "{held}"], "another mission file"),
        (["--resume", "--out", "{held}", "--sobol"], "another sampling"),
        (["--resume", "--out", "nowhere"], "no campaign is here"),
        (["mars", "--runs", "3"], "no such mission"),
        (["--runs", "3", "--dem", "no.tif"], "no.tif: cannot be read"),
        (["--runs", "3", "--target", "99"], "0.99 asks for 99 %"),
        (["--runs", "3", "--target", "1"], "target: 1 is no share of safe landings"),
    ],
)
def test_bad_input_is_one_line(words, said, tmp_path, monkeypatch, capsys):
    from farside.campaign import workers

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "ANSWER_S", 0.5)
    assert main(["campaign", *(word.format(held=reference()) for word in words)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_replay(tmp_path, monkeypatch, capsys, small_pages):
    monkeypatch.chdir(tmp_path)
    assert main(["replay", str(reference()), "--run", "4"]) == 0
    assert "Run 4 is the same to the bit" in capsys.readouterr().out
    folder = tmp_path / "landings" / "chang-e-6-7-run-4"
    facts = json.loads((folder / "landing.json").read_bytes())
    assert facts["touchdown"]["miss_m"] == read_campaign(reference()).row(4)["touchdown_miss_m"]
    assert "--run 4" in (folder / "report.html").read_text()


@pytest.mark.slow
def test_a_replay_keeps_another_flight(tmp_path, monkeypatch, capsys, small_pages):
    """Another run, and the same run of another campaign; --force replaces it."""
    folder = tmp_path / "x"
    words = ["replay", str(reference()), "--out", str(folder)]
    assert main([*words, "--run", "4"]) == 0
    before = (folder / "landing.json").read_bytes()
    assert main([*words, "--run", "4"]) == 0
    capsys.readouterr()
    assert main([*words, "--run", "5"]) == 2
    said = capsys.readouterr().err
    assert "holds another flight (mission chang-e-6 seed 7 run 4)" in said and "--force" in said
    facts = json.loads(before) | {"telemetry_sha256": "of an edited mission file"}
    (folder / "landing.json").write_text(json.dumps(facts))
    assert main([*words, "--run", "4"]) == 2
    assert "another flight of that run" in capsys.readouterr().err
    assert main([*words, "--run", "5", "--force"]) == 0
    assert json.loads((folder / "landing.json").read_bytes())["run"] == 5


@pytest.mark.parametrize("name", ["campaign.json", "parts/runs-000000000-000000011.parquet"])
@pytest.mark.parametrize(
    "words",
    [["summary", "{}", "--json"], ["compare", "{}", "{}", "--json"], ["export", "campaign", "{}",
     "--netcdf"]],
)  # fmt: skip
def test_a_campaign_is_not_written_over(words, name, capsys):
    path = reference() / name
    before = path.read_bytes()
    assert main([word.format(reference()) for word in words] + [str(path)]) == 2
    assert "holds the campaign itself" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_replay_of_what_was_not_flown_so(tmp_path, monkeypatch, capsys):
    from farside.campaign import replay as module

    fly = module.__globals__["fly_run"]

    def otherwise(*arguments):
        row, landing = fly(*arguments)
        return row | {"duration_s": row["duration_s"] + 1e-9}, landing

    monkeypatch.setitem(module.__globals__, "fly_run", otherwise)
    monkeypatch.setattr("farside.report.save", lambda *_, **__: ())
    assert main(["replay", str(reference()), "--run", "4", "--out", str(tmp_path / "a")]) == 1
    assert "Run 4 differs from the campaign in duration_s." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay", "{held}", "--run", str(RUNS)], f"run {RUNS}: not flown"),
        (["replay", "nowhere", "--run", "1"], "no campaign is here"),
        (["export", "campaign", "nowhere", "--netcdf", "a.nc"], "no campaign is here"),
    ],
)
def test_bad_replays_and_exports(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([word.format(held=reference()) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and said in err
    assert list(tmp_path.iterdir()) == []


def test_export(tmp_path, capsys):
    pytest.importorskip("h5py")
    assert main(["export", "campaign", str(reference()), "--netcdf", str(tmp_path / "a.nc")]) == 0
    assert "12 runs written" in capsys.readouterr().out
    assert (tmp_path / "a.nc").read_bytes()[1:4] == b"HDF"


def test_the_target_of_a_summary(tmp_path, capsys):
    page = tmp_path / "page.html"
    folder = str(reference())
    assert main(["summary", folder, "--out", str(page), "--target", "0.9"]) == 0
    said = capsys.readouterr().out.replace("\u202f", " ")
    assert "Target: 90 % safe." in said
    assert "target 90 %: the band must lie below" in page.read_text("utf-8").replace("\u202f", " ")
    assert main(["summary", folder, "--out", str(page)]) == 0
    assert "Target: 99.9 % safe." in capsys.readouterr().out.replace("\u202f", " ")
    assert main(["summary", folder, "--out", str(page), "--target", "95"]) == 2
    assert "95 is no share of safe landings" in capsys.readouterr().err


def test_a_line_of_progress_is_said_once(capsys, monkeypatch):
    clock = iter(range(20, 200, 20))
    monkeypatch.setattr("farside.cli.campaign.monotonic", lambda: float(next(clock)))
    show = _lines(0.0)
    for done in (0, 0, 1, 1, 3, 3):
        show(Progress(wanted=3, flown=done))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["0", "1", "3"]
