"""Campaigns on a disk that fails at any of its calls, and under clocks that jump."""

import errno
from concurrent.futures import Executor, Future
from functools import cache

import pytest
from faulty_disk import PowerLossError, faulty_disk, jumping_clock
from flown_campaign import bits

from farside.campaign import CampaignError, fly_campaign, plan_campaign, read_campaign
from farside.campaign.columns import columns, row_not_flown
from farside.campaign.history import history_name
from farside.campaign.parts import encode_rows
from farside.campaign.task import TaskResult
from farside.flight.inputs import drawn_inputs

RUNS = 26  # two tasks


@cache
def plan():
    return plan_campaign("chang-e-6", RUNS, seed=7, imaging=False)


@cache
def unflown(runs):
    """Return rows that no flight made, and some telemetry."""
    mission = plan().mission
    rows = [row_not_flown(run, mission, drawn_inputs(mission, 7, run), "not flown") for run in runs]
    kept = tuple((run, b"telemetry %d" % run) for run in runs if run % 12 == 0)
    part = encode_rows(columns(mission), rows)
    return TaskResult(runs, {str(rows[0]["outcome"]): len(rows)}, len(rows), part, kept)


class Unflown(Executor):
    """Answers every task at once."""

    def submit(self, _fly, task):
        future = Future()
        future.set_result(unflown(task.runs))
        return future


def fly(folder, **options):
    return fly_campaign(plan(), folder, Unflown(), workers=1, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the rows of a campaign that nothing befell, and the calls that its disk saw."""
    folder = tmp_path_factory.mktemp("whole") / "campaign"
    with faulty_disk(folder.parent) as disk:
        fly(folder)
    assert len(list((folder / "parts").iterdir())) > 1
    assert {"open", "write", "fsync", "replace", "link", "mkdir", "unlink"} <= set(disk.names)
    return bits(read_campaign(folder).table), disk.calls


def go_on(folder):
    """Fly what is missing; where nothing was kept at all, begin."""
    fly(folder, resume=(folder / "campaign.json").exists())
    return bits(read_campaign(folder).table)


def no_rest(folder):
    """No file is left under a name of its own that is not whole."""
    return not [path for path in folder.rglob(".*") if path.is_file()]


#: Every call of the disk among the slow tests, every sixth among the fast ones.
EVERY = [6, pytest.param(1, marks=pytest.mark.slow)]
SLOW = [pytest.param(how, code, 1, marks=pytest.mark.slow)
        for how in ("full", "once", "torn") for code in (errno.ENOSPC, errno.EIO)]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("how", "code", "every"), [("full", errno.ENOSPC, 6), *SLOW])
def test_an_error_at_any_call_loses_no_row(whole, tmp_path, how, code, every):
    rows, calls = whole
    for first in range(1, calls + 1, every):
        folder = tmp_path / str(first) / "campaign"
        folder.parent.mkdir()
        with faulty_disk(folder.parent, first, how, code):
            try:
                fly(folder)
            except CampaignError as why:
                assert "\n" not in str(why) and "cannot be written" in str(why), first
            # an error of the cleaning up, or of a folder's fsync, may be none of the campaign's
        if folder.exists():
            assert no_rest(folder) or how != "full", first
            if (folder / "campaign.json").exists():
                read_campaign(folder)  # every part that has a name is whole
        assert go_on(folder) == rows, first


@pytest.mark.slow
@pytest.mark.parametrize("every", EVERY)
def test_power_that_fails_at_any_call_loses_no_row_that_was_kept(whole, tmp_path, every):
    rows, calls = whole
    for first in range(calls, 0, -every):
        folder, kept = tmp_path / str(first) / "campaign", 0
        folder.parent.mkdir()
        with faulty_disk(folder.parent, first, "power"), pytest.raises(PowerLossError):
            fly(folder)
        if (folder / "campaign.json").exists():
            kept = read_campaign(folder).table.num_rows
            assert kept == RUNS or first < calls  # at the last call the last part has its name
        assert go_on(folder) == rows, first


def test_a_torn_part_is_named_and_flown_again(whole, tmp_path):
    """What a disk lost behind a name that is whole: the parquet's own checksums tell."""
    rows, _ = whole
    fly(tmp_path / "campaign")
    folder = tmp_path / "campaign"
    part = sorted((folder / "parts").iterdir())[1]
    content = part.read_bytes()
    for size in [0, 1, 4, 11, *range(12, len(content), 9973), len(content) - 1]:
        for torn in (content[:size], content[:size] + bytes(len(content) - size)):
            part.write_bytes(torn)
            with pytest.raises(CampaignError, match="cut short or damaged") as why:
                fly(folder, resume=True)
            assert "\n" not in str(why.value) and part.name in str(why.value)
    part.unlink()
    assert go_on(folder) == rows
    (folder / "telemetry" / history_name(0)).unlink()
    assert bits(read_campaign(folder).table) == rows


@pytest.mark.parametrize("seed", range(3))
def test_clocks_that_jump_change_no_row(whole, tmp_path, seed):
    rows, _ = whole
    with jumping_clock(seed):
        fly(tmp_path / "campaign")
        assert bits(read_campaign(tmp_path / "campaign").table) == rows
