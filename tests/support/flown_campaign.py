"""Small campaigns that several tests look at: each is flown once a session, without imaging."""

import dataclasses
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from farside.campaign import fly_campaign, plan_campaign, read_campaign, shard_of
from farside.campaign.task import Task

RUNS, SEED = 12, 7
_KEPT: list[TemporaryDirectory] = []


def plan(runs=RUNS, **options):
    """Plan the campaign that the tests fly."""
    return plan_campaign("chang-e-6", runs, seed=SEED, imaging=False, **options)


def serial(planned, folder, **options):
    """Fly in one thread of this process."""
    with ThreadPoolExecutor(1) as executor:
        return fly_campaign(planned, folder, executor, workers=1, **options)


@cache
def reference() -> Path:
    """Fly the campaign once, one run after the other."""
    kept = TemporaryDirectory()
    _KEPT.append(kept)
    folder = Path(kept.name) / "serial"
    serial(plan(), folder)
    return folder


def shards(planned, folder_of, number):
    """Fly a campaign shard by shard."""
    for i in range(1, number + 1):
        part = shard_of(planned.runs, i, number)
        serial(planned, folder_of(i), shard=part)


def bits(table):
    """Return a table's columns as what can be compared to the bit."""
    columns = {}
    for name in table.column_names:
        values = table[name].to_numpy()
        if values.dtype == np.float64:
            values = values.view(np.uint64)
        columns[name] = values.tolist()
    return columns


def rows(*folders):
    """Read the rows of folders, to be compared to the bit."""
    return bits(read_campaign(*folders).table)


def environment(**more):
    """Return what a process of ours needs to find this farside."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "200"} | more


def changed(planned, **values):
    """Return a plan with other values."""
    return dataclasses.replace(planned, **values)


def blind_task(seed):
    """Return the task of runs that map no ground and take no image."""
    return Task("", seed, False, (), range(1), None)
