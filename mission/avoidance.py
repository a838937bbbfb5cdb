"""The table `[avoidance]`: which site hazard avoidance takes, and when it scans again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.reader import Table

_Probability = Within(above=0.0, most=1.0)


@dataclass(frozen=True, kw_only=True)
class Avoidance(Table):
    """Which site hazard avoidance takes, when it scans again, and how it computes divert costs.

    What the lander withstands, and how far it translates for another scan, is in `[hazards]`.
    """

    rules: ClassVar = ("probabilities",)

    safe_probability: Annotated[
        float,
        _Probability,
        Doc("least probability of a safe landing of a cell by the legs", "3 sigma"),
    ] = 0.997
    fallback_probability: Annotated[
        float,
        _Probability,
        Doc("and where no cell has that: of the most probable cell", "decision 010"),
    ] = 0.95
    accept_probability: Annotated[
        float,
        _Probability,
        Doc(
            "a site of less is kept while there is time for another scan",
            "1 landing in 2000 is worth 30 kg of hovering",
        ),
    ] = 0.9995
    legs_clearance: Annotated[
        NonNegative,
        Doc(
            "clearance of a site by the legs, in hazards.navigation_error_m: with less it is kept "
            "while there is time for another scan",
            "probability holds the error once already",
        ),
    ] = 0.5
    disc_clearance: Annotated[
        NonNegative,
        Doc("the same of a site by the disc", "its clearance begins at unsafe ground itself"),
    ] = 1.5
    rescan_s: Annotated[
        NonNegative,
        Doc(
            "time that another scan takes, translation and settling included: with less left none "
            "is begun",
            "a translation, settling and a scan of Chang'e 6",
        ),
    ] = 32.0
    descent_reserve_s: Annotated[
        NonNegative,
        Doc(
            "hovering time whose propellant is kept for the descent from the hover",
            "a tenth above the longest descent measured, 60 s",
        ),
    ] = 66.0
    far_translation: Annotated[
        Positive,
        Doc(
            "translation for another scan where no cell is safe, in hazards.sidestep_m",
            "a map of ground not yet seen",
        ),
    ] = 1.6
    fresh_distance: Annotated[
        NonNegative,
        Doc(
            "a hover point counts as new this far from every earlier one, in translations",
            "a fifth is left for the error of the translation",
        ),
    ] = 0.8
    cost_cells: Annotated[
        int,
        Within(least=1, most=256),
        Doc(
            "map cells along a side of one cell of the divert cost",
            "1.6 m: the cost changes by grams over 0.1 m",
        ),
    ] = 16
    cost_tries: Annotated[
        int,
        Within(least=0, most=64),
        Doc(
            "guesses tried for a cell of the divert cost whose neighbours have no solution",
            "a hazard cycle has 50 ms",
        ),
    ] = 2

    def probabilities(self) -> Iterator[tuple[str, str]]:
        """Yield a fallback above what it stands in for."""
        if self.fallback_probability > self.safe_probability:
            yield (
                "fallback_probability",
                f"{self.fallback_probability:g} is above safe_probability, "
                f"{self.safe_probability:g}; lower it",
            )
