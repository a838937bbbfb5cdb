"""What was changed between two campaigns: the keys of their mission files, and how they fly."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farside.campaign.statistics.flights import Campaign

#: Of a plan, what is no key of the mission file; runs are compared by number.
OF_THE_PLAN = ("seed", "sampling", "imaging", "cameras", "farside", "sampler")
NOT_GIVEN = "not given"


@dataclass(frozen=True)
class Difference:
    """A key of the mission file, or of the campaign, with the value of each as TOML writes it."""

    key: str
    a: str
    b: str

    def __str__(self) -> str:
        """Report it in a line."""
        return f"{self.key}: {self.a} in A, {self.b} in B"


def differences_of(a: Campaign, b: Campaign) -> tuple[Difference, ...]:
    """List what differs between what two campaigns fly, in the order of A's mission file.

    Parameters
    ----------
    a, b : Campaign
        From `read_campaign`.

    Returns
    -------
    tuple of Difference
        Keys by their full names, as `guidance.divert_limit_m`, `dispersions.mass_percent` or
        `phase.approach.tilt_limit_deg`; those of the campaign begin with `campaign.`.
    """
    values = [dict(_campaign(each)) | dict(_mission(each)) for each in (a, b)]
    keys = dict.fromkeys(key for each in values for key in each)
    return tuple(
        Difference(key, *(each.get(key, NOT_GIVEN) for each in values))
        for key in keys
        if values[0].get(key) != values[1].get(key)
    )


def _campaign(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield how a campaign is flown."""
    for name in OF_THE_PLAN:
        value = getattr(campaign.manifest, name, None)
        if value is not None:
            yield f"campaign.{name}", _shown(value)
    dems = getattr(campaign.manifest, "dems", ())
    yield "campaign.dems", _shown([f"{Path(dem.path).name} ({dem.sha256[:8]})" for dem in dems])


def _mission(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield the keys of a campaign's mission file."""
    text = str(getattr(campaign.manifest, "text", ""))
    yield from _keys("", tomllib.loads(text.removeprefix("\ufeff")))


def _keys(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the values of a table, and of the tables in it; rows that have a name go by it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _keys(f"{path}.{key}" if path else str(key), each)
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        seen: set[str] = set()
        for i, each in enumerate(value):
            name = str(each.get("name", i))
            # a name that is there again goes by its place too
            yield from _keys(f"{path}.{name}" if name not in seen else f"{path}.{name}#{i}", each)
            seen.add(name)
        yield f"{path} (order)", _shown([str(each.get("name", i)) for i, each in enumerate(value)])
    else:
        yield path, _shown(value)


def _shown(value: Any) -> str:
    """Write a value about as TOML does, in one line; 1 and 1.0 are the same number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(each) for each in value)}]"
    return " ".join(str(value).split())
