"""All that is wrong or odd about a mission, as `farside mission check` tells it."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from farside.flight.braking_sight import SENSORS, first_sight_m, unseen
from farside.flight.budget import Budget, budget_of
from farside.flight.checks import check_mission
from farside.flight.inherited import inherited_lines
from farside.flight.relay import elevations_deg
from farside.ground.level import ElevationWarning, compare_elevation, warn_between_posts
from farside.ground.measured import whole_moon_radius
from farside.guidance import BrakingError
from farside.mission import Mission, MissionError, load_mission, oddities
from farside.mission.dispersions import NOTHING
from farside.mission.ephemeris import earth_direction, parse_utc, sun_direction
from farside.mission.files import Name, mission_lines
from farside.mission.json_values import plain_values
from farside.mission.odd_sky import descent_s, site_frame
from farside.mission.odd_vehicle import thrust_weights
from farside.mission.place import FieldPath

#: A fault as the reader words it: a file and perhaps a line, the key, what is wrong.
_FAULT = re.compile(r".*?(?::(?P<line>\d+))?: (?P<key>[a-z_]\w*[\w.\[\]-]*): ")
#: An oddity begins with its key.
_KEY = re.compile(r"[a-z_]\w*[\w.\[\]-]*")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or odd about a mission.

    Attributes
    ----------
    kind : str
        "error": it does not read, or no braking is found; "odd": it can be flown.
    key : str
        As `Mission.replace` takes it; nothing where no key is at fault.
    line : int or None
        Of the file, where the key stands in it.
    text : str
        One line: the key, what is found, and the way out.

    Examples
    --------
    >>> from farside.flight import check
    >>> finding = check("chang-e-66").findings[0]
    >>> finding.kind, finding.text[:28]
    ('error', 'chang-e-66: no such mission ')
    """

    kind: Literal["error", "odd"]
    key: str
    line: int | None
    text: str


@dataclass(frozen=True)
class Checked:
    """What a check of a mission came to.

    Attributes
    ----------
    name : str
        Of the mission; of the file where it does not read.
    findings : tuple of Finding
        Errors, or what is odd.
    facts : dict
        Figures that it was judged by, units in their names; empty where it does not read.
    budget : Budget or None
        The planned braking, where the first row has one.

    Examples
    --------
    >>> from farside.flight import check
    >>> checked = check("chang-e-6")
    >>> checked.flies, len(checked.findings), checked.as_json()["name"]
    (True, 0, 'chang-e-6')
    >>> checked.budget is None
    False
    """

    name: str
    findings: tuple[Finding, ...]
    facts: dict[str, float | None]
    budget: Budget | None = None

    @property
    def flies(self) -> bool:
        """Whether there is no error."""
        return not any(each.kind == "error" for each in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it.

        Returns
        -------
        dict
            `name`, `flies`, `findings` (each with kind, key, line, text) and `facts`.
        """
        found = [asdict(each) for each in self.findings]
        made = {"name": self.name, "flies": self.flies, "findings": found, "facts": self.facts}
        return dict(plain_values(made))


def check(name_or_path: Name) -> Checked:
    """Check a mission file: whether it reads, whether its braking is found, and what is odd.

    Parameters
    ----------
    name_or_path : str or Path
        As `farside.mission.load_mission` takes it.

    Returns
    -------
    Checked
        Nothing is raised for a file that does not read: its findings are errors.

    Examples
    --------
    >>> from farside.flight import check
    >>> check("chang-e-6").findings
    ()
    >>> check("chang-e-7").findings[0].kind
    'error'
    """
    try:
        mission = load_mission(name_or_path)
    except MissionError as why:
        known = isinstance(name_or_path, str | bytes | os.PathLike)
        name = os.fsdecode(name_or_path) if known else "mission"
        return Checked(name, tuple(map(_error, why.faults)), {})
    lines = mission_lines(name_or_path)
    found = check_loaded(mission, lines)
    alien = _odd(inherited_lines(name_or_path, mission), lines)
    return replace(found, findings=(*alien, *found.findings))


def check_loaded(mission: Mission, lines: FieldPath | None = None) -> Checked:
    """Check a mission that was read or made already.

    Parameters
    ----------
    mission : Mission
    lines : FieldPath, optional
        The file's lines, for the findings.

    Returns
    -------
    Checked
    """
    place = lines or FieldPath(mission.name)
    texts = [*oddities(mission), *check_mission(mission), *_elevation(mission), *_heard(mission)]
    try:
        budget = budget_of(mission)
    except BrakingError as why:
        error = Finding("error", f"phases[{mission.phases[0].name}]", None, str(why))
        return Checked(mission.name, (*_odd(texts, place), error), _facts(mission, None))
    if budget is not None:
        texts += _spent(mission, budget)
        said = {text.rpartition(".")[0] for text in (each.split(":")[0] for each in texts)}
        texts += [
            text
            for text in unseen(mission, budget.plan)
            if text.split(":")[0].rpartition(".")[0] not in said
        ]
    return Checked(mission.name, _odd(texts, place), _facts(mission, budget), budget)


def _error(line: str) -> Finding:
    found = _FAULT.match(line)
    if found is None:
        return Finding("error", "", None, line)
    return Finding("error", found["key"], int(found["line"]) if found["line"] else None, line)


def _odd(texts: list[str], place: FieldPath) -> tuple[Finding, ...]:
    keys = [found[0] if (found := _KEY.match(text)) else "" for text in texts]
    return tuple(
        Finding("odd", key, place.within(key).line, text)
        for key, text in zip(keys, texts, strict=True)
    )


def _elevation(mission: Mission) -> list[str]:
    """Describe where the site's elevation is not that of the whole-Moon DEM, as a flight warns."""
    site = mission.site
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ElevationWarning)
        ground_m = whole_moon_radius(site.latitude_deg, site.longitude_deg)
        compare_elevation(site.elevation_m, ground_m)
        warn_between_posts(site.latitude_deg)
    return [str(each.message) for each in said]


def _earth_deg(mission: Mission) -> float:
    """Return the Earth's elevation over the site at touchdown [deg]."""
    return float(earth_direction(mission.epoch.landing_utc, site_frame(mission)).elevation_deg)


def _relay_deg(mission: Mission) -> float | None:
    """Return the relay's elevation over the site at touchdown [deg]; None where it is drawn."""
    spread = mission.dispersions
    drawn = spread.relay_node_deg != NOTHING or spread.relay_phase_deg != NOTHING
    if mission.relay is None or drawn:
        return None
    frame, seconds = site_frame(mission), np.array([descent_s(mission)])
    epoch = parse_utc(mission.epoch.pdi_utc)
    relay = frame.vector_to_site(mission.relay.places(epoch, seconds)[0])
    return float(elevations_deg(np.array([[0.0, 0.0, frame.radius_m]]), relay[None])[0])


def _heard(mission: Mission) -> Iterator[str]:
    """Yield a landing that neither the Earth nor a relay hears."""
    earth_deg, relay = _earth_deg(mission), mission.relay
    if earth_deg >= 0.0:
        return
    below = f"the Earth stands {-earth_deg:.1f} deg below the site's level at touchdown"
    if relay is None:
        yield f"relay: missing, and {below}: nobody hears the landing; add [relay]"
        return
    relay_deg = _relay_deg(mission)
    if relay_deg is not None and relay_deg <= relay.mask_deg:
        yield (
            f"relay.phase_deg: {relay.phase_deg:g} has {relay.name} at {relay_deg:.1f} deg at "
            f"touchdown, not above mask_deg {relay.mask_deg:g}, and {below}: nobody hears the "
            "landing; change the phase, or the epoch"
        )


def _spent(mission: Mission, budget: Budget) -> Iterator[str]:
    """Yield propellant that does not last, and an epoch that is over before braking is."""
    key = "vehicle.usable_propellant_kg"
    takes = f"braking takes {budget.braking_kg:.0f}, the rows behind about {budget.behind_kg:.0f}"
    if budget.left_kg <= 0.0:
        yield (
            f"{key}: {budget.usable_kg:g} does not last: {takes} kg; give "
            f"{budget.usable_kg - budget.left_kg + budget.spread_kg:.0f} or more"
        )
    elif budget.left_kg < budget.spread_kg:
        yield (
            f"{key}: {budget.usable_kg:g} leaves about {budget.left_kg:.0f} kg ({takes}), "
            f"and mass, thrust and isp of [dispersions] take {budget.spread_kg:.0f} more at "
            "3 sigma; give more"
        )
    lasts_s = descent_s(mission)
    if lasts_s < budget.braking_s:
        yield (
            f"epoch.landing_utc: {mission.epoch.landing_utc} is {lasts_s:.0f} s after pdi_utc, and "
            f"braking alone takes {budget.braking_s:.0f} s; give a later one"
        )


def _facts(mission: Mission, budget: Budget | None) -> dict[str, float | None]:
    """Return the figures that a mission was judged by."""
    vehicle = mission.vehicle
    begun, arrived = thrust_weights(mission)
    sun_deg = sun_direction(mission.epoch.landing_utc, site_frame(mission)).elevation_deg
    facts: dict[str, float | None] = {
        "thrust_weight_initiation": begun,
        "thrust_weight_arrival": arrived,
        "mass_ratio": vehicle.descent_mass_kg / vehicle.dry_mass_kg,
        "usable_propellant_kg": vehicle.usable_propellant_kg,
        "descent_s": descent_s(mission),
        "sun_elevation_deg": float(sun_deg),
        "earth_elevation_deg": _earth_deg(mission),
        "relay_elevation_deg": _relay_deg(mission),
    }
    if budget is not None:
        facts |= {
            "braking_s": budget.braking_s,
            "braking_range_m": budget.range_m,
            "braking_propellant_kg": budget.braking_kg,
            "behind_propellant_kg": budget.behind_kg,
            "left_propellant_kg": budget.left_kg,
            "spread_propellant_kg": budget.spread_kg,
        }
        facts |= {
            f"{name}_first_sight_m": first_sight_m(mission, budget.plan, name) for name in SENSORS
        }
    return facts
