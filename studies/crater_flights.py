"""Flights of `slim-like` by craters: the place, the images, and how honest their covariance is.

    python -m studies.crater_flights [--flights 10] [--case both] [--write]

Cases: `both`, as the mission is, patches as a check; `far` and `lost`, craters alone, the first
place known to 3.2 and to 15 km (3 sigma). Errors of the place count against the onboard map. A
centre's error is the match's pixel less where the true pose has the map's crater, by the deviation
that the filter was told; an image's is the mean of its centres' by what the filter makes of it
(flight/landmarks.py). Both have a root mean square of 1 where the covariance is honest. `--write`
puts the tables into docs/crater-flights.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from studies.camera_flights import Flown, spread, told
from studies.page import write

from farside.flight.cameras import Frame
from farside.flight.craters import CraterFixes
from farside.flight.eyes import Eyes
from farside.flight.land import fly_to_end
from farside.flight.landmarks import Matched, records_of
from farside.flight.wiring import Flight, wire
from farside.mission import load_mission
from farside.vision.trn_result import TrnCode
from farside.vision.view import CameraView

Floats = NDArray[np.float64]

PAGE = Path(__file__).parents[1] / "docs" / "crater-flights.md"
ALONE: dict[str, object] = {"terrain_navigation.cameras": []}
CASES: dict[str, dict[str, object]] = {
    "both": {},
    "far": ALONE | {"dispersions.knowledge_position_m": 3200.0},
    "lost": ALONE | {"dispersions.knowledge_position_m": 15000.0},
}


class Watched(CraterFixes):
    """The craters of a flight, and what became of each image."""

    def __init__(self, flight: Flight, eyes: Eyes) -> None:
        if eyes.built is None:
            raise ValueError("a flight without an onboard map; name cameras for its craters")
        began = time.process_time()
        super().__init__(flight, eyes.cameras, eyes.built, eyes.kinds)
        self.catalogue_s = time.process_time() - began
        self.matched: list[Matched] = []
        self.cpu_s: list[float] = []

    def _match(self, frame: Frame, view: CameraView) -> Matched:
        began = time.process_time()
        matched = super()._match(frame, view)
        self.cpu_s.append(time.process_time() - began)
        self.matched.append(matched)
        return matched

    def errors(self) -> tuple[Floats, Floats]:
        """Return the errors of centres (n, 2) and of images (m, 2), by their deviations."""
        centres, images = [], []
        for each in self.matched:
            if each.result.code is not TrnCode.FIX or each.from_nothing:
                continue
            row, matches = each.frame.row, each.result.matches
            true = CameraView.of(
                each.frame.camera,
                np.array(row["r_site"]) + self._built.shift_m,
                np.array(row["q_site_body"]),
            )
            off = matches["px"] - true.project(matches["p_site"])
            variance = records_of(each.result, each.view)["variance_px2"][:, 0]
            centres.append(off / np.sqrt(matches["variance_px2"])[:, None])
            information = float((1.0 / variance).sum())
            images.append((off / variance[:, None]).sum(axis=0) / np.sqrt(information))
        return np.concatenate(centres), np.array(images)


@dataclass(frozen=True)
class ByCraters:
    """What one flight came to: as any flight with cameras, and its craters."""

    flown: Flown
    believed: int
    refused: int
    from_nothing: int
    patches: int
    centres: Floats
    images: Floats
    cpu_s: tuple[float, ...]
    catalogue: int
    catalogue_s: float


def fly(seed: int, case: str) -> ByCraters:
    """Fly one seed."""
    began = time.process_time()
    mission = load_mission("slim-like").replace(CASES[case])
    flight = wire(mission, seed=seed, nominal=False, dems=(), imaging=True)
    eyes = Eyes(flight)
    if eyes.craters is None:
        raise ValueError("a mission that names no camera for craters")
    craters = Watched(flight, eyes)
    eyes.tasks[eyes.tasks.index(eyes.craters)] = craters
    eyes.craters = craters
    landing = fly_to_end(flight, eyes=eyes)
    facts = landing.cameras
    if facts is None:
        raise ValueError("a flight without cameras")
    centres, images = craters.errors()
    return ByCraters(
        # the catalogue was made twice
        flown=told(landing, seed, time.process_time() - began - craters.catalogue_s),
        believed=facts.crater_fixes,
        refused=facts.crater_refused,
        from_nothing=sum(each.from_nothing for each in craters.matched),
        patches=facts.landmark_fixes,
        centres=centres,
        images=images,
        cpu_s=tuple(craters.cpu_s),
        catalogue=len(craters.catalogue),
        catalogue_s=craters.catalogue_s,
    )


def lines_of(flights: Sequence[ByCraters], case: str) -> list[str]:
    """Return the table of a case."""
    flown = [each.flown for each in flights]
    landed = [each.place_m for each in flown if np.isfinite(each.place_m)]
    believed, refused, nothing, patches = (
        sum(getattr(each, name) for each in flights)
        for name in ("believed", "refused", "from_nothing", "patches")
    )
    centres = np.concatenate([each.centres for each in flights])
    images = np.concatenate([each.images for each in flights])
    cpu = [each for flight in flights for each in flight.cpu_s]
    made = [each.catalogue for each in flights]
    rows = [
        ("flights; safe", f"{len(flown)}; {sum(each.safe for each in flown)}"),
        (
            "images for craters: believed; refused or without a fix; places from nothing",
            f"{believed}; {refused}; {nothing}",
        ),
        ("images for patches, believed", f"{patches}"),
        ("place before the first image", spread([each.first_m for each in flown], "m", 1)),
        ("2.5 s after it", spread([each.after_m[0] for each in flown], "m", 1)),
        ("10 s after it", spread([each.after_m[1] for each in flown], "m", 1)),
        ("place at first contact", spread(landed, "m")),
        (
            f"error of a centre by its deviation, rms: columns, rows ({len(centres)})",
            _rms(centres),
        ),
        (f"of an image by its deviation ({len(images)})", _rms(images)),
        ("CPU an image", spread(cpu, "s")),
        (
            "catalogue: craters; CPU",
            f"{min(made)} to {max(made)}; "
            f"{np.median([each.catalogue_s for each in flights]):.1f} s",
        ),
        ("CPU a flight, median", f"{np.median([each.cpu_s for each in flown]):.0f} s"),
    ]
    head = f"slim-like, case `{case}`, seeds 0 to {len(flown) - 1}"
    return [f"| {head} | |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]


def _rms(values: Floats) -> str:
    return ", ".join(f"{each:.2f}" for each in np.sqrt((values * values).mean(axis=0)))


def main() -> None:
    """Fly, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--flights", type=int, default=10)
    parser.add_argument("--case", choices=sorted(CASES), default="both")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    flights = []
    for seed in range(given.flights):
        flights.append(fly(seed, given.case))
        each = flights[-1]
        print(seed, each.flown.outcome, each.flown.safe, each.believed, each.refused,
              each.from_nothing, each.patches, f"{each.flown.first_m:.0f} m",
              f"{each.flown.after_m[1]:.1f} m {each.flown.place_m:.2f} m", flush=True)  # fmt: skip
    lines = lines_of(flights, given.case)
    print("\n".join(lines))
    if given.write:
        write(f"flown-{given.case}", lines, PAGE)


if __name__ == "__main__":
    main()
