"""A landing that failed: what was published of its end, and the logic that flew."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from farside.ext.common.errors import FarsideError
from farside.mission.bounds import Doc, NonNegative, Positive, Title, Within
from farside.mission.naive import OPTIONS
from farside.mission.reader import Table

#: What of a flight is compared, and its unit.
QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "time": "s",
        "height": "m",
        "down_speed": "m/s",
        "across_speed": "m/s",
        "speed": "m/s",
        "miss": "m",
        "tilt": "deg",
        "altitude_error": "m",
        "perilune": "m",
        "duration": "s",
        "fall": "s",
        "contacts": "",
        "attitude_error": "deg",
        "velocity_change": "m/s",
        "thrust_share": "",
    }
)


@dataclass(frozen=True)
class OneOf:
    """A name among some."""

    names: tuple[str, ...]

    def __call__(self, name: str) -> str:
        """Return a known name back."""
        if name not in self.names:
            raise FarsideError(self.said)
        return name

    @property
    def said(self) -> str:
        """The rule in words."""
        return f"one of {', '.join(self.names)}"


Quantity = Annotated[str, OneOf(tuple(QUANTITIES))]
Option = Annotated[str, OneOf(tuple(OPTIONS))]


@dataclass(frozen=True, kw_only=True)
class Outcome(Table):
    """A number that was published of the flight, and whether it is reproduced.

    It is that of first contact with the ground, or of the time or the height that is given.
    """

    rules: ClassVar = ("moment", "compared")

    what: Annotated[Title, Doc("what it is called")]
    quantity: Annotated[Quantity, Doc("what of a flight it is held against, in SI or degrees")]
    published: Annotated[
        float, Within(least=-1e9, most=1e9), Doc("the number, in the unit of the quantity")
    ]
    source: Annotated[Title, Doc("where it was published, or how it was worked out")]
    at_s: Annotated[NonNegative, Doc("so long after powered-descent initiation")] | None = None
    below_m: (
        Annotated[Positive, Doc("at the first time below this height above the ground")] | None
    ) = None
    stands_m: (
        Annotated[
            Positive, Doc("at the first time the estimate is below this over the site's level")
        ]
        | None
    ) = None
    reproduced: Annotated[bool, Doc("whether a flight as flown has to show it")] = False
    tolerance: (
        Annotated[Positive, Doc("of a number that is reproduced, either way", "not reproduced")]
        | None
    ) = None
    reason: Annotated[Title, Doc("of the tolerance, or why the number is not reproduced")]

    @property
    def unit(self) -> str:
        """The unit of the number; empty for a count."""
        return QUANTITIES[self.quantity]

    def holds(self, value: float) -> bool:
        """Whether a flight's number agrees with the published one."""
        return self.tolerance is not None and abs(value - self.published) <= self.tolerance

    def moment(self) -> Iterator[tuple[str, str]]:
        """Yield a moment that is given twice."""
        moments = ("at_s", "below_m", "stands_m")
        given = [name for name in moments if getattr(self, name) is not None]
        if len(given) > 1:
            yield given[1], f"given beside {given[0]}; give one of them, or none for first contact"

    def compared(self) -> Iterator[tuple[str, str]]:
        """Yield a comparison without a tolerance, and a tolerance of none."""
        if self.reproduced and self.tolerance is None:
            yield "tolerance", "missing; a number that is reproduced needs one"
        if not self.reproduced and self.tolerance is not None:
            yield "tolerance", "of a number that is not reproduced; leave it out, or reproduced"


@dataclass(frozen=True, kw_only=True)
class NaiveKey(Table):
    """A number of the logic that flew, as a key of this mission."""

    key: Annotated[Title, Doc("of this mission, such as guidance.rate_limit_dps")]
    value: Annotated[
        float, Within(least=-1e9, most=1e9), Doc("that it has as flown, in the key's unit")
    ]
    reason: Annotated[Title, Doc("where it is from")]


@dataclass(frozen=True, kw_only=True)
class Failure(Table):
    """What happened to a landing that failed, and the logic that it was flown by."""

    rules: ClassVar = ("rows", "options")

    flight: Annotated[Title, Doc("lander, operator and date")]
    cause: Annotated[Title, Doc("what failed, in one line")]
    ended: Annotated[
        Literal["crashed", "tipped", "landed"], Doc("how the flight ended, as published")
    ]
    as_flown: Annotated[
        tuple[Option, ...], Doc("the logic that flew, where the flight software's own is otherwise")
    ]
    keys: tuple[NaiveKey, ...] = ()
    outcomes: tuple[Outcome, ...]

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield a failure of which nothing was published."""
        if not self.outcomes:
            yield "outcomes", "missing; a failure needs a published number"
        seen = set[str]()
        for row in self.outcomes:
            if row.what in seen:
                yield f"outcomes[{row.what}].what", "used by two rows; rename one"
            seen.add(row.what)

    def options(self) -> Iterator[tuple[str, str]]:
        """Yield an option that is named twice."""
        if len(set(self.as_flown)) < len(self.as_flown):
            yield "as_flown", "names an option twice; keep one"
