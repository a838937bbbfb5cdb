"""What the cameras of a flight came to: counts of images, and how well the place was known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.ext.common import deterministic
from farside.flight.looks import PLACES, Look, Use

if TYPE_CHECKING:
    from farside.flight.eyes import Eyes
    from farside.flight.wiring import Flight


@dataclass(frozen=True)
class CameraFacts:
    """Images of one flight, by what they were for, and what the onboard map is off by."""

    landmark_fixes: int  # images laid onto the onboard map, and believed
    landmark_refused: int
    crater_fixes: int  # images whose craters were found on that map, and believed
    crater_refused: int
    motion_fixes: int  # pairs of images that told the way between them, and were believed
    motion_refused: int
    profile_fixes: int  # profiles of the altimeter laid onto that map, and believed
    profile_refused: int  # found and not believed, or found nowhere
    first_fix_s: float  # of the first image of either kind that was believed; NaN: none
    # The map against the truth: east, north, up [m]; drawn for the flight, not known aboard
    map_off_east_m: float
    map_off_north_m: float
    map_off_up_m: float
    # Of the estimate at first contact against that map, horizontal: what the cameras answer for
    place_error_m: float


def camera_facts(flight: Flight, eyes: Eyes) -> CameraFacts:
    """Gather what the cameras of a flight came to."""
    landmarks, craters, motion = (
        [look for look in eyes.looks if look.use == use]
        for use in (Use.LANDMARKS, Use.CRATERS, Use.MOTION)
    )
    profiles = eyes.profiles.asked if eyes.profiles is not None else []
    firsts = [look.time_s for look in eyes.looks if look.use in PLACES and look.taken]
    nan = math.nan
    off = [nan] * 3 if eyes.built is None else [float(part) for part in eyes.built.shift_m]
    return CameraFacts(
        landmark_fixes=_count_taken(landmarks),
        landmark_refused=len(landmarks) - _count_taken(landmarks),
        crater_fixes=_count_taken(craters),
        crater_refused=len(craters) - _count_taken(craters),
        motion_fixes=_count_taken(motion),
        motion_refused=len(motion) - _count_taken(motion),
        profile_fixes=sum(each.taken for each in profiles),
        profile_refused=sum(not each.taken for each in profiles),
        first_fix_s=firsts[0] if firsts else nan,
        map_off_east_m=off[0],
        map_off_north_m=off[1],
        map_off_up_m=off[2],
        place_error_m=place_error_m(flight, eyes),
    )


def place_error_m(flight: Flight, eyes: Eyes) -> float:
    """Return how far the estimate was off against the onboard map at first contact [m].

    The map has the ground that is at p at p + shift, so a perfect estimate on it is r + shift.
    """
    contact = flight.loop.touchdown
    if contact is None or eyes.built is None:
        return math.nan
    row = flight.flown[min(contact[0], len(flight.flown) - 1)]
    off = np.array(row["r_site"]) + eyes.built.shift_m - np.array(row["nav_r_site"])
    return deterministic.length(off[:2].tolist())


def _count_taken(looks: list[Look]) -> int:
    return sum(look.taken for look in looks)
