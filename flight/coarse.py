"""Coarse avoidance of one flight: an image on the way down, and the approach steered aside."""

from __future__ import annotations

import math

import numpy as np

from farside.avoidance.coarse import CoarseAvoidance, CoarseDecision, CoarseReason
from farside.ext.common._records import TICK_S
from farside.flight.cameras import FlightCameras, Frame
from farside.flight.late import LateTask
from farside.flight.looks import Look, Use, made_small
from farside.flight.moves import move_of
from farside.flight.tracking import estimate_of
from farside.flight.wiring import Flight
from farside.mission import FlightConfig
from farside.mission.coasts import last_burn
from farside.mission.phases import flown_phases

#: How often it is asked whether an image is to be taken [s].
ASK_EVERY_S = 0.1

Place = tuple[float, float, float]


class CoarseSteering(LateTask[Frame]):
    """The images of one flight for coarse avoidance: a task of the loop.

    Parameters
    ----------
    flight : Flight
        Its mission's `[avoidance.coarse]` names a camera.
    cameras : FlightCameras
    """

    def __init__(self, flight: Flight, cameras: FlightCameras) -> None:
        super().__init__(flight)
        self._cameras = cameras
        self._avoidance = CoarseAvoidance(FlightConfig.of(flight.mission))
        self._number = cameras.number_of(self._avoidance.settings.camera or "")
        self._rows = steered_rows(flight)
        self._aim: Place = (0.0, 0.0, 0.0)
        self.looks: list[Look] = []

    def _begin(self) -> None:
        """Take an image if one is due."""
        row = self._flight.flown[-1]
        self._ask_after(ASK_EVERY_S)
        if int(row["phase"]) not in self._rows:
            return
        q = np.array(row["est_q_site_body"], np.float64)
        if self._avoidance.wants_image(estimate_of(row), q, self._aim):
            frame = self._cameras.take(self._number)
            late_s = frame.camera.latency_s + self._avoidance.settings.computing_s
            self._hold(frame, late_s)

    def _use(self, frame: Frame) -> None:
        """Judge an image, and steer as that says."""
        now = self._flight.flown[-1]
        decision = self._avoidance.decide(
            estimate_of(frame.row),
            np.array(frame.row["est_q_site_body"], np.float64),
            frame.image,
            self._cameras.sun_site,
            self._aim,
            now=estimate_of(now),
        )
        # a target that comes after the approach has ended would move the hover, or the landing
        late = int(now["phase"]) not in self._rows
        moves = decision.moves and not late
        if moves:
            ends = (self._aim, decision.target_site)
            shares = (decision.share_here, decision.share_there)
            now_s = TICK_S * int(now["tick"])
            self._flight.moves.append(move_of(now_s, "coarse avoidance", ends, shares))
            self._aim = decision.target_site
            self._flight.autopilot.retarget(decision.target_site, final=not self._flight.imaging)
        self.looks.append(self._look_of(frame, decision, moves=moves, late=late))

    def _look_of(self, frame: Frame, decision: CoarseDecision, *, moves: bool, late: bool) -> Look:
        image, scale = made_small(frame.image, frame.camera.bits)
        aim = self._cameras.known_view(self._number, frame.row).project(
            [list(decision.target_site)]
        )
        return Look(
            time_s=TICK_S * int(frame.row["tick"]),
            camera=frame.camera.name,
            use=Use.HAZARDS,
            verdict=said(decision) + (", too late" if late and decision.moves else ""),
            taken=moves or decision.reason == CoarseReason.GOOD,
            height_m=float(frame.row["height_m"]),
            image=image,
            scale=scale,
            found_px=aim[np.isfinite(aim).all(axis=1)],
            used=np.full(int(np.isfinite(aim).all()), True),
        )


def steered_rows(flight: Flight) -> tuple[int, ...]:
    """Return the rows of the phase table in which the lander is steered aside.

    From braking to the hover that scans; where none does to the last hover, over those before it.
    """
    rows = flown_phases(flight.mission.phases)
    first = last_burn(rows) + 1
    hovers = [i for i, row in enumerate(rows) if row.law == "hover"]
    last = next((i for i, row in enumerate(rows) if row.scan), hovers[-1] if hovers else len(rows))
    return tuple(range(first, last))


def said(decision: CoarseDecision) -> str:
    """Describe a decision in a few words."""
    if math.isnan(decision.share_here):
        return "no image to judge by"
    here = f"{100.0 * decision.share_here:.0f} % hazardous"
    if decision.moves:
        there = f"{100.0 * decision.share_there:.0f} %"
        return f"{here}, {there} {decision.moved_m:.0f} m away"
    return f"{here}, stays"
