"""The folder of a campaign: what it is, and the parts that were flown.

::

    DIR/campaign.json                              what is flown: see `manifest_of`
    DIR/parts/runs-<first>-<last>.parquet          rows
    DIR/telemetry/run-<K>.parquet                  10 Hz, of flights that were not safe

Every file is written under another name, reaches the disk, and is then renamed: what has a name is
whole. Several shards may write to one folder at the same time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farside.campaign.extras import CampaignError
from farside.campaign.history import history_name
from farside.campaign.parts import part_name, runs_of
from farside.campaign.plan import Plan, Raster, raster_at
from farside.campaign.task import TaskResult
from farside.mission import MissionError
from farside.mission.writing import write_whole

MANIFEST, PARTS, HISTORIES = "campaign.json", "parts", "telemetry"
FORMAT = 1
LARGEST_MANIFEST_BYTES = 1024 * 1024

#: Of the manifest, what must be the same for two folders to hold one campaign, and its name.
SAME = {
    "mission_sha256": "mission file",
    "seed": "seed",
    "sampling": "sampling",
    "sampler": "sampler",
    "imaging": "imaging",
    "cameras": "cameras",
    "dems": "rasters",
    "farside": "version of farside",
}


def manifest_of(plan: Plan) -> dict[str, Any]:
    """Return what `campaign.json` says of a plan."""
    return {
        "farside": plan.farside,
        "format": FORMAT,
        "mission": plan.mission.name,
        "mission_sha256": plan.mission_sha256,
        "seed": plan.seed,
        "runs": plan.runs,
        "sampling": plan.sampling,
        "sampler": plan.sampler,
        "imaging": plan.imaging,
        "cameras": plan.cameras,
        "dems": [asdict(raster) for raster in plan.dems],
        "mission_file": plan.text,
    }


def write_manifest(folder: Path, plan: Plan) -> None:
    """Make the folder a campaign's; where a shard was faster, keep what that wrote."""
    for each in (folder / PARTS, folder / HISTORIES):
        each.mkdir(parents=True, exist_ok=True)
    content = (json.dumps(manifest_of(plan), indent=2) + "\n").encode()
    write_whole(folder / MANIFEST, content, keep=True)
    held = read_manifest(folder)
    check_same(folder, held, plan)
    if held.runs < plan.runs:
        write_whole(folder / MANIFEST, content)


def read_manifest(folder: Path) -> Plan:
    """Read what a folder holds a campaign of.

    Raises
    ------
    CampaignError
        No campaign is there, or its `campaign.json` is damaged.
    """
    path = folder / MANIFEST
    return plan_from(path, read_facts(path))


def read_facts(path: Path) -> Any:
    """Read the JSON that says what a folder holds.

    Raises
    ------
    CampaignError
        It is not there, or damaged.
    """
    folder, name = path.parent, path.name
    try:
        if path.stat().st_size > LARGEST_MANIFEST_BYTES:
            raise CampaignError(f"{path}: too large for what a campaign writes")
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise CampaignError(
            f"{folder}: no campaign is here (it has no {name}); give a campaign's folder"
        ) from None
    except OSError as why:
        raise CampaignError(f"{path}: cannot be read: {why.strerror or why}") from None
    except (ValueError, RecursionError):
        raise damaged(path, "not JSON") from None


def plan_from(path: Path, facts: Any) -> Plan:
    """Make a plan of what a manifest says, taking nothing on trust."""
    kinds = {"farside": str, "format": int, "mission_sha256": str, "seed": int, "runs": int}
    kinds |= {"sampling": str, "sampler": str, "imaging": bool, "dems": list, "mission_file": str}
    kinds |= {"cameras": bool}
    if not isinstance(facts, dict):
        raise damaged(path, "not an object")
    facts.setdefault("cameras", False)  # of folders that were written before there were any
    for key, kind in kinds.items():
        if type(facts.get(key)) is not kind:
            raise damaged(path, f"{key} is missing or of another kind")
    if facts["format"] != FORMAT:
        raise CampaignError(f"{path}: format {facts['format']}; this farside reads {FORMAT}")
    try:
        dems = tuple(Raster(str(dem["path"]), str(dem["sha256"])) for dem in facts["dems"])
    except (TypeError, KeyError):
        raise damaged(path, "dems is of another kind") from None
    names = ("runs", "seed", "sampling", "sampler", "imaging", "cameras", "farside")
    try:
        plan = Plan(text=facts["mission_file"], dems=dems, **{name: facts[name] for name in names})
    except (CampaignError, MissionError) as why:
        raise damaged(path, str(why)) from None
    if plan.mission_sha256 != facts["mission_sha256"]:
        raise damaged(path, "the mission file in it was changed")
    return plan


def check_same(folder: Path, held: Plan, plan: Plan) -> None:
    """Refuse to mix two campaigns.

    Raises
    ------
    CampaignError
        The folder holds another campaign than the plan.
    """
    ours, theirs = manifest_of(plan), manifest_of(held)
    for key, noun in SAME.items():
        if ours[key] == theirs[key]:
            continue
        said = ""
        if key == "mission_sha256":
            said = f" ({held.mission.name}, not this {plan.mission.name})"
        elif key != "dems":
            said = f" ({_shown(theirs[key])}, not {_shown(ours[key])})"
        raise CampaignError(
            f"{folder}: holds a campaign of another {noun}{said}; give another folder"
        )


def _shown(value: Any) -> str:
    """Write a value of the manifest as one says it."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def check_rasters(plan: Plan) -> None:
    """Refuse rasters that are not those a campaign was begun with.

    Raises
    ------
    CampaignError
        One cannot be read any more, or holds something else.
    """
    for raster in plan.dems:
        if raster_at(raster.path) != raster:
            raise CampaignError(f"{raster.path}: changed since the campaign was begun; put it back")


def parts_in(folder: Path) -> Iterator[tuple[range, Path]]:
    """List the part files of a folder, by their runs."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder / PARTS))
    except FileNotFoundError:
        return
    except OSError as why:
        raise CampaignError(f"{folder}: cannot be read: {why.strerror or why}") from None
    for name in names:
        if runs := runs_of(name):
            yield runs, folder / PARTS / name


def missing_of(wanted: range, held: list[range]) -> list[range]:
    """Return the runs that no part holds, as consecutive ones."""
    gaps, at = [], wanted.start
    for each in sorted(held, key=lambda runs: runs.start):
        if each.start > at and at < wanted.stop:
            gaps.append(range(at, min(each.start, wanted.stop)))
        at = max(at, each.stop)
    return [*gaps, range(at, wanted.stop)] if at < wanted.stop else gaps


def keep(folder: Path, flown: TaskResult) -> None:
    """Write what came of a task: telemetry first, so that a row that is there has its own."""
    for run, content in flown.histories:
        write_whole(folder / HISTORIES / history_name(run), content)
    write_whole(folder / PARTS / part_name(flown.runs), flown.part)


def damaged(path: Path, why: str) -> CampaignError:
    """Report that a manifest cannot be used."""
    return CampaignError(f"{path}: damaged: {why}; put back a copy, or give another folder")
