"""Keys of a mission file that are dispersed: the rows of `[[dispersions.keys]]`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from farside.mission.bounds import Doc
from farside.mission.place import MissionError
from farside.mission.reader import Table
from farside.mission.spread import Spread

if TYPE_CHECKING:
    from farside.mission.schema import Mission

#: Keys that are the deviation of an error already, which is drawn for each flight.
DEVIATIONS = frozenset(
    {
        "sensors.imu.gyro_bias_dph",
        "sensors.imu.gyro_scale_ppm",
        "sensors.imu.accel_bias_ug",
        "sensors.imu.accel_scale_ppm",
        "sensors.imu.gyro_misalignment_arcsec",
        "sensors.imu.accel_misalignment_arcsec",
        "sensors.imu.position_error_m",
        "sensors.star_tracker.misalignment_arcsec",
        "sensors.altimeter.bias_m",
        "sensors.altimeter.misalignment_deg",
        "sensors.altimeter.position_error_m",
        "sensors.velocimeter.scale",
        "sensors.velocimeter.misalignment_deg",
        "sensors.velocimeter.beam_misalignment_deg",
        "sensors.velocimeter.position_error_m",
        "sensors.touchdown.position_error_m",
    }
)


@dataclass(frozen=True, kw_only=True)
class _Named(Table):
    """What a row disperses."""

    key: Annotated[
        str,
        Doc("any key with a number, as `Mission.replace` names it: `guidance.hover.brake_mps2`"),
    ]


@dataclass(frozen=True, kw_only=True)
class KeySpread(Spread, _Named):
    """A key of the file that is drawn anew for each flight, about the value that it has there.

    The truth and the flight side both have the drawn value, as in a sweep of the key. A normal is
    cut off at 3 sigma, since a key has a range: both ends of the distribution must lie in it. A
    whole number is rounded. A draw that breaks a rule between keys, which two keys can do that are
    dispersed together, is a flight that is not flown. Row N is input N of its own random stream:
    a row put at the end leaves every other draw as it was.
    """

    @property
    def bounded(self) -> Spread:
        """The distribution with its ends: a normal is truncated at 3 sigma."""
        kept = {
            name: getattr(self, name)
            for name in ("distribution", "three_sigma", "limit", "half_width", "offset")
        }
        if self.distribution == "normal" and self.three_sigma:
            kept |= {"distribution": "truncated", "limit": self.three_sigma}
        return Spread(**kept)


def drawn_mission(mission: Mission, draws: Mapping[str, float]) -> Mission:
    """Return the mission that a flight flies: every dispersed key at its drawn value.

    Parameters
    ----------
    mission : Mission
    draws : mapping
        By key, off the value in the file, in the key's unit.

    Returns
    -------
    Mission
        It disperses no key any more. The mission itself where there are none.

    Raises
    ------
    MissionError
        When the drawn values break a rule together.
    """
    from farside.mission.changes import replaced

    keys = [row.key for row in mission.dispersions.keys]
    if not keys:
        return mission
    return replaced(
        _without_keys(mission), {key: _moved(_number(mission, key), draws[key]) for key in keys}
    )


def key_faults(mission: Mission) -> Iterator[tuple[str, str]]:
    """Yield dispersed keys that there are not, that hold no number, or that leave their range.

    Yields
    ------
    key, text : str
        Of `[dispersions]`: the key at fault, and what is wrong with it.
    """
    from farside.mission.changes import replaced

    bare = _without_keys(mission)
    try:
        replaced(bare, {})
    except MissionError:
        return  # what is wrong has been said
    seen = set[str]()
    for number, row in enumerate(mission.dispersions.keys, start=1):
        place = f"keys[{number}].key"
        if why := _unfit(bare, row.key, seen):
            yield place, why
            continue
        seen.add(row.key)
        nominal, spread = _number(bare, row.key), row.bounded
        wide = spread.reach - abs(spread.offset)
        for end in (spread.offset - wide, spread.offset + wide):
            try:
                replaced(bare, {row.key: _moved(nominal, end)})
            except MissionError as why_not:
                text = why_not.faults[0].removeprefix(f"{bare.name}: ")
                yield place, f"a draw can leave the range ({text}); narrow it"
                break


def _unfit(mission: Mission, key: str, seen: set[str]) -> str:
    """Return why a key cannot be dispersed; nothing where it can."""
    from farside.mission.changes import value_of

    if key in seen:
        return f"{key} is dispersed twice; keep one"
    if key.split(".")[0].split("[")[0] == "dispersions" or key in DEVIATIONS:
        return f"{key} is a distribution itself; widen it instead"
    try:
        value = value_of(mission, key)
    except MissionError as why:
        return str(why).removeprefix(f"{mission.name}: ")
    if value is None or value == math.inf:
        return f"{key} is not given; give the value that it is dispersed about"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{key} holds no number; name a key that does"
    return ""


def _number(mission: Mission, key: str) -> float:
    """Return the value of a key that holds a number."""
    from farside.mission.changes import value_of

    value = value_of(mission, key)
    assert isinstance(value, int | float)
    return value


def _moved(nominal: float, draw: float) -> float:
    """Return a value off nominal; a whole number stays one."""
    return round(nominal + draw) if isinstance(nominal, int) else nominal + draw


def _without_keys(mission: Mission) -> Mission:
    """Return the mission with no key dispersed."""
    return replace(mission, dispersions=replace(mission.dispersions, keys=()))
