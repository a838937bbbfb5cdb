"""When a descent is left for an orbit, and for which: `[abort]`.

ext/guidance/autopilot/abort_watch.pxd has the conditions, guidance/table.py makes the autopilot's
numbers of the keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Annotated, ClassVar

from farside.mission.bounds import Doc, Within
from farside.mission.place import MissionError
from farside.mission.reader import Table
from farside.mission.words import shown

if TYPE_CHECKING:
    from farside.mission.schema import Mission

_Apsis = Annotated[float, Within(above=0.0, most=1e6, what="the mean sphere of 1737.4 km")]


@dataclass(frozen=True, kw_only=True)
class Abort(Table):
    """What counts as a safe orbit, what begins an abort, and how it is flown."""

    rules: ClassVar = ("apsides",)

    at_s: (
        Annotated[
            float,
            Within(least=0.0, most=36000.0),
            Doc("an abort is commanded so long after initiation", "none is"),
        ]
        | None
    ) = None
    decides: Annotated[bool, Doc("it may begin of itself, on the conditions below")] = True
    periapsis_m: Annotated[
        _Apsis, Doc("of the orbit that is safe, above the mean sphere", "above most mountains")
    ] = 15e3
    apoapsis_m: Annotated[_Apsis, Doc("the same of the apoapsis, or higher")] = 100e3
    least_periapsis_m: Annotated[
        _Apsis,
        Doc("an orbit with a lower periapsis is no orbit reached", "the highest ground: 10.8 km"),
    ] = 11e3
    clearance_m: Annotated[
        float,
        Within(least=0.0, most=1e5),
        Doc("above the site's level on the way; half the height for a lander that is lower"),
    ] = 100.0
    least_height_m: Annotated[
        float,
        Within(least=0.0, most=1e6),
        Doc(
            "none begins of itself below this height; the clearance where no landing is left",
            "ours: from there a fall ends with 8 m/s, twice what the legs hold",
        ),
    ] = 20.0
    propellant_margin: Annotated[
        float,
        Within(least=0.0, most=10.0),
        Doc(
            "what is left gives at least so much of the least speed that the descent still takes",
            "ours: the impulse at the ground, and a tenth",
        ),
    ] = 1.1
    reserve_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc("and hovers so long besides", "ours: the last metres at 1.5 m/s"),
    ] = 5.0
    stop_margin: Annotated[
        float,
        Within(least=1.0, most=10.0),
        Doc(
            "the height is at least so much of that in which full thrust upwards stops the fall",
            "Chang'e 6 comes down to 1.31 of it",
        ),
    ] = 1.05
    staging_margin: Annotated[
        float,
        Within(least=1.0, most=10.0),
        Doc(
            "an engine that gives nothing is waited for while the height is more than so much of "
            "that in which the ascent stage stops the fall",
            "ours: a fifth",
        ),
    ] = 1.2
    engine_out_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "an engine that gives nothing is waited for so long, where an ascent stage can",
            "ours: twice the outage of 5 s that a descent survives",
        ),
    ] = 10.0
    lit_deg: Annotated[
        float,
        Within(above=0.0, most=90.0),
        Doc("an engine is lit once the thrust points so near to its direction", "cosine 0.985"),
    ] = 10.0

    def apsides(self) -> Iterator[tuple[str, str]]:
        """Yield apsides the wrong way round."""
        if self.periapsis_m > self.apoapsis_m:
            yield (
                "periapsis_m",
                f"{self.periapsis_m:g} is above apoapsis_m, {self.apoapsis_m:g}; exchange them",
            )
        if self.least_periapsis_m > self.periapsis_m:
            yield (
                "least_periapsis_m",
                f"{self.least_periapsis_m:g} is above periapsis_m, {self.periapsis_m:g}; lower it",
            )


def with_abort(mission: "Mission", at_s: float | None) -> "Mission":
    """Return a mission with an abort that is commanded at a time; as it is where None is given.

    Parameters
    ----------
    mission : Mission
    at_s : float, optional
        Since initiation [s].

    Returns
    -------
    Mission

    Raises
    ------
    TypeError
        For what is no number.
    MissionError
        For a time that none can be.
    """
    if at_s is None:
        return mission
    if isinstance(at_s, bool) or not isinstance(at_s, Real):
        raise TypeError(f"an abort at {shown(at_s)}: give a number of seconds")
    # compared as it stands: an integer of any length has no float
    if not 0.0 <= at_s <= 36000.0:
        raise MissionError(f"an abort at {shown(at_s)} s: give 0 to 36000")
    return replace(mission, abort=replace(mission.abort, at_s=float(at_s)))


def seconds_of(text: str) -> float:
    """Return the seconds of a text such as "500 s".

    Raises
    ------
    MissionError
        For one that is no time.
    """
    number, _, unit = text.strip().partition(" ")
    try:
        seconds = float(number.removesuffix("s"))
    except ValueError:
        raise MissionError(f"an abort at {text!r}: give a time such as '500 s'") from None
    if unit.strip() not in ("", "s"):
        raise MissionError(f"an abort at {text!r}: give seconds, such as '500 s'")
    return seconds
