"""What a number or text of a mission file may be, written as a type beside the field.

Each type is `Annotated` with rules and a `Doc`. A rule takes the value and gives it back, or raises
ValueError with the end of the sentence "<value> must be ..."; `said` is that of the page of
reference. A `Doc` says what the key means.
"""

import math
import re
import sys
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.ext.common.errors import FarsideError
from farside.mission.ephemeris import parse_utc

Triple = tuple[float, float, float]

#: What the length of a vector that was divided by its length strays from 1, at the most.
_ROUNDING = 4.0 * sys.float_info.epsilon


@dataclass(frozen=True)
class Doc:
    """What a key means, and where its default comes from or its value is found."""

    meaning: str
    source: str = ""


@dataclass(frozen=True)
class Within:
    """An interval: `above` and `below` leave their end out, `least` and `most` keep it.

    `what` says what an end is, where that is no plain number: "the ground", "escape speed".
    """

    above: float = -math.inf
    below: float = math.inf
    least: float = -math.inf
    most: float = math.inf
    what: str = ""

    def __call__(self, value: float) -> float:
        """Return a value inside back."""
        if self.above < value < self.below and self.least <= value <= self.most:
            return value
        raise FarsideError(self.said)

    @property
    def said(self) -> str:
        """The interval in words."""
        ends = {"above": self.above, "at least": self.least}
        ends |= {"below": self.below, "at most": self.most}
        text = " and ".join(f"{word} {end:g}" for word, end in ends.items() if math.isfinite(end))
        return text + (f" ({self.what})" if self.what else "")


@dataclass(frozen=True)
class Rising:
    """Two numbers, the second not below the first."""

    said: ClassVar[str] = "a pair that rises: smaller first"

    def __call__(self, pair: tuple[float, float]) -> tuple[float, float]:
        """Return a rising pair back."""
        if pair[0] > pair[1]:
            raise FarsideError(self.said)
        return pair


@dataclass(frozen=True)
class UnitVector:
    """A direction, of length 1 to within what a file's digits leave; made exact."""

    said: ClassVar[str] = "a unit vector"
    tolerance: float = 1e-6

    def __call__(self, vector: Triple) -> Triple:
        """Return the vector back with length 1."""
        length = math.sqrt(sum(part * part for part in vector))
        if not abs(length - 1.0) <= self.tolerance:
            raise FarsideError(f"a unit vector, and its length is {length:.9g}: divide by that")
        # as exact as it gets: what is read again stays as it is
        if abs(length - 1.0) <= _ROUNDING:
            return vector
        x, y, z = vector
        return x / length, y / length, z / length


@dataclass(frozen=True)
class PrincipalMoments:
    """Three moments of inertia that some body can have: none exceeds the sum of the others."""

    said: ClassVar[str] = "possible for a body: no moment above the sum of the other two"

    def __call__(self, moments: Triple) -> Triple:
        """Return possible moments back."""
        if 2.0 * max(moments) > math.fsum(moments):
            raise FarsideError(self.said)
        return moments


@dataclass(frozen=True)
class Pattern:
    """A text that matches the pattern from end to end; `what` says it in words."""

    pattern: str
    what: str

    def __call__(self, text: str) -> str:
        """Return a matching text back."""
        if not re.fullmatch(self.pattern, text):
            raise FarsideError(self.what)
        return text

    @property
    def said(self) -> str:
        """The pattern in words."""
        return self.what


@dataclass(frozen=True)
class Printable:
    """A text of one line that shows as it is."""

    longest: int = 120

    def __call__(self, text: str) -> str:
        """Return a presentable text back."""
        if not text.isprintable() or not 0 < len(text) <= self.longest:
            raise FarsideError(self.said)
        return text

    @property
    def said(self) -> str:
        """The rule in words."""
        return f"one line of at most {self.longest} printable characters"


@dataclass(frozen=True)
class Moment:
    """A time in UTC that the ephemeris reaches."""

    said: ClassVar[str] = "a time in UTC from 1900 to 2149, like 2024-06-01T22:09:00Z"

    def __call__(self, text: str) -> str:
        """Return a readable time back."""
        try:
            year = parse_utc(text).year
        except (ValueError, OverflowError):
            year = 0
        if not text.endswith("Z") or not 1900 <= year <= 2149:
            raise FarsideError(self.said)
        return text


Positive = Annotated[float, Within(above=0.0)]
NonNegative = Annotated[float, Within(least=0.0)]
Delay = Annotated[float, Within(least=0.0, most=60.0)]
Pulse = Annotated[float, Within(above=0.0, most=60.0)]
Rate = Annotated[float, Within(least=1e-3, most=100.0, what="the tick of 10 ms")]
Fraction = Annotated[float, Within(least=0.0, below=1.0)]
Percent = Annotated[float, Within(least=0.0, below=100.0)]
Azimuth = Annotated[float, Within(least=0.0, below=360.0, what="east of north")]
Direction = Annotated[Triple, UnitVector()]
Inertia = Annotated[tuple[Positive, Positive, Positive], PrincipalMoments()]
Slug = Annotated[
    str, Pattern(r"[a-z0-9][a-z0-9_-]{0,63}", "up to 64 small letters, digits, - and _")
]
Title = Annotated[str, Printable()]
Utc = Annotated[str, Moment()]
