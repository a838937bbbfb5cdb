"""Did the change help: two campaigns held against each other, run by run where they are paired."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.campaign.differences import Difference, differences_of
from farside.campaign.statistics.basis import basis_of
from farside.campaign.statistics.change import Change, paired_change, unpaired_change
from farside.campaign.statistics.drivers import holm
from farside.campaign.statistics.failures import classify
from farside.campaign.statistics.flights import (
    Campaign,
    Flags,
    Flights,
    Floats,
    StatisticsError,
    flights_of,
)
from farside.campaign.statistics.proportion import CONFIDENCE, Share
from farside.campaign.statistics.requirements import (
    REPORTED,
    Requirement,
    requirements,
    succeeded,
)
from farside.campaign.statistics.shift import FEWEST, Shift, paired_shift, unpaired_shift
from farside.mission.json_values import plain_values
from farside.mission.units import number


@dataclass(frozen=True)
class Moved:
    """One outcome in both campaigns."""

    name: str
    title: str
    unit: str
    digits: int
    sense: float  # 1 where less is better, -1 where more is, 0 where it is neither
    flights: int  # pairs, or the smaller number of flights, that have it in both
    median_a: float
    median_b: float
    mean_difference: float
    shift: Shift  # B less A
    adjusted_p: float
    significant: bool


@dataclass(frozen=True)
class Turned:
    """A run that succeeds in one campaign only; the classes of failure, empty for a success."""

    run: int
    a: str
    b: str


@dataclass(frozen=True)
class Comparison:
    """Campaign B against campaign A; all bounds of 95 %, all p-values adjusted by Holm."""

    a: str
    b: str
    paired: bool
    why: str  # they are, or are not
    flights: int  # pairs, or the smaller of the campaigns
    success_a: Share
    success_b: Share
    success: Change
    success_adjusted_p: float
    lost: tuple[Turned, ...]  # success in A only
    gained: tuple[Turned, ...]  # success in B only
    outcomes: tuple[Moved, ...]
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]  # of the mission files, and of how they are flown
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers and names; what is not finite becomes None."""
        plain: dict[str, Any] = plain_values(asdict(self))
        return plain


def shift_head(paired: bool) -> str:
    """Return what the column of shifts is called.

    Parameters
    ----------
    paired : bool
        Whether runs of the same number were held against each other.
    """
    return "paired shift, B less A" if paired else "shift, B less A"


def columns_explained(paired: bool) -> str:
    """Return what the columns of the outcomes are, in two sentences.

    Parameters
    ----------
    paired : bool
        Whether runs of the same number were held against each other.
    """
    of = "each run's B less its A" if paired else "every B less every A"
    middle = "the median of all means of two" if paired else "the median"
    return (
        f"The shift is {middle} of {of} (Hodges and Lehmann), not the difference of the two "
        "medians beside it; 95 % are its bounds. p is that of no shift, adjusted by Holm for the "
        "number of outcomes."
    )


def compare(a: Campaign, b: Campaign, *, name_a: str = "A", name_b: str = "B") -> Comparison:
    """Compare two campaigns.

    Parameters
    ----------
    a, b : Campaign
        What was, and what was changed.
    name_a, name_b : str
        Their folders.

    Returns
    -------
    Comparison
        Paired by run number where seed and sampling agree: the same run then has the same
        dispersions, noise and ground in both. Else as independent samples.

    Raises
    ------
    StatisticsError
        One has no flights, or they were asked to be pairs and share no run.
    """
    paired, why = _pairing(a, b)
    flights = flights_compared(a, b)
    good = tuple(
        succeeded(rows, requirements(each.mission, each.manifest.imaging))
        for rows, each in zip(flights, (a, b), strict=True)
    )
    change, lost, gained = _success(flights, (a, b), good, paired)
    imaged = a.manifest.imaging and b.manifest.imaging
    asked = (*REPORTED, *requirements(a.mission, imaged))
    moved = [_moved(each, flights, paired) for each in asked if each.name not in _skipped(imaged)]
    moved = [each for each in moved if each.flights]
    adjusted = holm([change.p, *(each.shift.p for each in moved)])
    outcomes = tuple(
        replace(each, adjusted_p=float(p), significant=bool(p < 1.0 - CONFIDENCE))
        for each, p in zip(moved, adjusted[1:], strict=True)
    )
    found = Comparison(
        a=name_a,
        b=name_b,
        paired=paired,
        why=why,
        flights=min(len(rows) for rows in flights),
        success_a=flights[0].share(good[0]),
        success_b=flights[1].share(good[1]),
        success=change,
        success_adjusted_p=float(adjusted[0]),
        lost=lost,
        gained=gained,
        outcomes=outcomes,
        notes=_notes(a, b, flights, paired),
        differences=differences_of(a, b),
        verdict="",
    )
    return replace(found, verdict=verdict_of(found))


def flights_compared(a: Campaign, b: Campaign) -> tuple[Flights, Flights]:
    """Return the flights that are held against each other: of pairs, those whose run is in both.

    Raises
    ------
    StatisticsError
        One has no flights, or they are pairs and share no run.
    """
    flights = (flights_of(a), flights_of(b))
    if not _pairing(a, b)[0]:
        return flights
    common = np.intersect1d(flights[0].run, flights[1].run)
    if not len(common):
        raise StatisticsError("the campaigns have no run in common; fly the same runs of both")
    return _only(flights[0], common), _only(flights[1], common)


def verdict_of(found: Comparison) -> str:
    """Report in a sentence whether the change helped."""
    said = [_propellant(found), _success_words(found)]
    better: list[str] = []
    worse: list[str] = []
    for each in found.outcomes:
        if each.name == "propellant" or not each.significant:
            continue
        words = f"{each.title} {_signed(each.shift.estimate, each)} ({_range(each)})"
        if each.sense:
            (better if each.sense * each.shift.estimate < 0.0 else worse).append(words)
    if better:
        said.append("better: " + ", ".join(better))
    if worse:
        said.append("worse: " + ", ".join(worse))
    if not better and not worse and any(_bounded(each) for each in found.outcomes):
        said.append("nothing else changed that chance does not explain")
    sentence = "; ".join(said) + "."
    return sentence[0].upper() + sentence[1:]


def _propellant(found: Comparison) -> str:
    """Describe what became of the propellant."""
    for each in found.outcomes:
        if each.name == "propellant":
            if not _bounded(each):
                few = f"{each.flights} flight{'s' if each.flights > 1 else ''} of each"
                return (
                    f"{few} are too few to tell whether propellant or any other outcome changed: "
                    f"fly {FEWEST} or more"
                )
            if not each.significant:
                return f"B takes the same propellant within {_range(each)}"
            saved = each.shift.estimate < 0.0
            low, high = sorted((abs(each.shift.low), abs(each.shift.high)))
            size = number(abs(each.shift.estimate), each.digits, "kg")
            bounds = f"95 %: {number(low, each.digits)} to {number(high, each.digits)}"
            done = "saves" if saved else "takes"
            return f"B {done} {size} {'of' if saved else 'more'} propellant ({bounds})"
    return "no propellant to compare"


def _success_words(found: Comparison) -> str:
    """Describe what became of success."""
    sure = found.success_adjusted_p < 1.0 - CONFIDENCE
    word = "not shown to change"
    if sure:
        word = "better" if found.success.estimate > 0.0 else "worse"
    elif found.paired and not found.lost and not found.gained:
        word = "unchanged"
    change = found.success
    bounds = (
        f"{number(100.0 * change.estimate, 2)} % of flights, 95 %: "
        f"{number(100.0 * change.low, 2)} to {number(100.0 * change.high, 2)}"
    )
    if found.paired:
        return (
            f"success {word}: {len(found.lost)} lost, {len(found.gained)} gained of "
            f"{found.flights:,} ({bounds})"
        )
    return (
        f"success {word}: {found.success_a.count:,} of {found.success_a.of:,} in A, "
        f"{found.success_b.count:,} of {found.success_b.of:,} in B ({bounds})"
    )


def _signed(value: float, each: Moved) -> str:
    """Write a difference with its sign."""
    return f"{'+' if value > 0.0 else ''}{number(value, each.digits, each.unit)}"


def _bounded(each: Moved) -> bool:
    """Return whether there were flights enough to bound a shift on both sides."""
    return math.isfinite(each.shift.low) and math.isfinite(each.shift.high)


def bounds_text(each: Moved) -> str:
    """Write the 95 % bounds of a shift without their unit; a dash where flights are too few."""
    if not _bounded(each):
        return number(None)
    return f"{number(each.shift.low, each.digits)} to {number(each.shift.high, each.digits)}"


def _range(each: Moved) -> str:
    """Write the bounds of a shift."""
    low, high = number(each.shift.low, each.digits), number(each.shift.high, each.digits, each.unit)
    return f"95 %: {low} to {high}"


def _pairing(a: Campaign, b: Campaign) -> tuple[bool, str]:
    """Return whether runs are pairs, and why."""
    if a.manifest.seed != b.manifest.seed:
        return False, f"not paired: the seeds are {a.manifest.seed} and {b.manifest.seed}"
    if a.manifest.sampling != b.manifest.sampling:
        return False, (
            f"not paired: the sampling is {a.manifest.sampling} and {b.manifest.sampling}"
        )
    return True, (
        f"paired by run: both have seed {a.manifest.seed} and {a.manifest.sampling} sampling"
    )


def _only(flights: Flights, runs: NDArray[np.int64]) -> Flights:
    """Keep some runs."""
    if len(runs) == len(flights):
        return flights
    return replace(flights, chosen=np.searchsorted(flights.run, runs))


def _success(
    flights: tuple[Flights, Flights],
    campaigns: tuple[Campaign, Campaign],
    good: tuple[Flags, ...],
    paired: bool,
) -> tuple[Change, tuple[Turned, ...], tuple[Turned, ...]]:
    """Compare success, and name the runs that turned."""
    a, b = good
    if not paired:
        counts = [(int(np.count_nonzero(each)), len(each)) for each in good]
        return unpaired_change(counts[0], counts[1]), (), ()
    kinds = [
        classify(rows, each.mission, won)
        for rows, each, won in zip(flights, campaigns, good, strict=True)
    ]
    runs = flights[0].run

    def turned(which: Flags) -> tuple[Turned, ...]:
        return tuple(Turned(int(runs[i]), kinds[0][i], kinds[1][i]) for i in np.flatnonzero(which))

    lost, gained = turned(a & ~b), turned(~a & b)
    both, neither = (int(np.count_nonzero(each)) for each in (a & b, ~a & ~b))
    return paired_change(both, len(lost), len(gained), neither), lost, gained


def _skipped(imaged: bool) -> frozenset[str]:
    """Name outcomes that say nothing: left is tanks less used, and no site is missed unchosen."""
    return frozenset({"propellant_left"} if imaged else {"propellant_left", "miss", "divert"})


def _moved(each: Requirement, flights: tuple[Flights, Flights], paired: bool) -> Moved:
    """Compare one outcome."""
    values: list[Floats] = [each.of(rows) for rows in flights]
    if paired:
        held = np.isfinite(values[0]) & np.isfinite(values[1])
        values = [column[held] for column in values]
        shift = paired_shift(values[1] - values[0])
    else:
        values = [column[np.isfinite(column)] for column in values]
        shift = unpaired_shift(values[0], values[1])
    count = min(len(column) for column in values)
    medians = [float(np.median(column)) if count else math.nan for column in values]
    mean = float(values[1].mean() - values[0].mean()) if count else math.nan
    sense = 0.0 if each.name == "divert" else each.sense
    return Moved(
        each.name, each.title, each.unit, each.digits, sense, count,
        medians[0], medians[1], mean, shift, math.nan, False,
    )  # fmt: skip


def _notes(
    a: Campaign, b: Campaign, flights: tuple[Flights, Flights], paired: bool
) -> tuple[str, ...]:
    """Describe what else differs between the campaigns."""
    notes = []
    if a.mission.name != b.mission.name:
        notes.append(f"the missions are {a.mission.name} and {b.mission.name}")
    if a.manifest.imaging != b.manifest.imaging:
        notes.append(f"only {'A' if a.manifest.imaging else 'B'} scans the ground")
    if a.manifest.cameras != b.manifest.cameras:
        notes.append(f"only {'A' if a.manifest.cameras else 'B'} has its cameras at work")
    bases = [
        basis_of(each.mission, each.manifest.sampling, each.manifest.sampler) for each in (a, b)
    ]
    notes += [
        f"{name} has {basis.bound}"
        for name, basis in zip("AB", bases, strict=True)
        if not basis.bounded
    ]
    if bases[0].given != bases[1].given:
        notes.append(f"A is {bases[0].given}, B {bases[1].given}")
    if (a.mission.touchdown, a.mission.hazards) != (b.mission.touchdown, b.mission.hazards):
        notes.append("the limits differ: each campaign is held against its own")
    whole = len(flights_of(a)), len(flights_of(b))
    if paired and (whole[0] != len(flights[0]) or whole[1] != len(flights[1])):
        notes.append(
            f"{len(flights[0]):,} runs are in both; A has {whole[0]:,} and B has {whole[1]:,}"
        )
    names = sorted(set(flights[0].names("input_")) | set(flights[1].names("input_")))
    if paired:
        drawn = [
            name.removeprefix("input_")
            for name in names
            if not np.array_equal(flights[0].number(name), flights[1].number(name), equal_nan=True)
        ]
        if drawn:
            notes.append(f"inputs that differ between the pairs: {', '.join(drawn)}")
    return tuple(notes)
