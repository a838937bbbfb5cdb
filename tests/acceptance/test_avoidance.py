"""Hazard avoidance in flight: its decisions are those of a host, and its keys can be swept."""

import pytest
from flown import landing
from flown_campaign import serial

from farside.avoidance import DecisionReason, HazardAvoidance, HoverEstimate
from farside.campaign import plan_campaign, read_campaign
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")


class Recorder(HazardAvoidance):
    """Hazard avoidance that keeps what a flight gave it, and what it answered."""

    def __init__(self, mission):
        self.given, self.answers = [], []
        super().__init__(mission)
        self.given.clear()  # what was rehearsed

    def begin_fusion(self, estimate):
        fusion, frames = super().begin_fusion(estimate), []
        self.given.append([kept(estimate), frames])

        def add(points):
            frames.append(points.copy())
            type(fusion).add(fusion, points)

        fusion.add = add
        return fusion

    def assess_frames(self, estimate, fusion, **named):
        self.given[-1].append({key: kept(value) for key, value in named.items()})
        return super().assess_frames(estimate, fusion, **named)

    def decide(self, estimate, scan, **named):
        self.given[-1] += [kept(estimate), named]
        self.answers.append(super().decide(estimate, scan, **named))
        return self.answers[-1]


def kept(value):
    """Copy an estimate, whose arrays are a flight's telemetry."""
    if not isinstance(value, HoverEstimate):
        return value
    return HoverEstimate(tuple(value.r_site), tuple(value.v_site), value.mass_kg)


@pytest.mark.slow
@pytest.mark.parametrize("clearance", [0.5, 20.0])
def test_a_host_with_the_frames_of_a_flight_comes_to_its_decisions(clearance):
    """By one scan, and by several: to the bit, from the frames and estimates alone."""
    mission = MISSION.replace("avoidance.legs_clearance", clearance)
    wired = wire(mission, seed=3, nominal=False, dems=(), imaging=True)
    recorder = Recorder(mission)
    fly(wired, Scanner(wired, recorder))
    host = HazardAvoidance(mission)
    answers = []
    for estimate, frames, scan, after, hover in recorder.given:
        fusion = host.begin_fusion(estimate)
        for points in frames:
            fusion.add(points)
        found = host.assess_frames(estimate, fusion, **scan)
        answers.append(host.decide(after, found, **hover))
    assert answers == recorder.answers
    assert answers[-1].final and not any(answer.final for answer in answers[:-1])
    assert (len(answers) > 1) == (clearance == 20.0)
    assert tuple(wired.autopilot.core.site) == answers[-1].target_site
    if clearance == 0.5:
        assert answers[-1].reason == DecisionReason.ACCEPTED
        assert answers[-1].site == landing(seed=3).imaging.chosen


@pytest.mark.slow
def test_a_campaign_sweeps_a_key(tmp_path):
    """The share of flights that scan again, over the clearance that a site is accepted with."""
    scans = []
    for clearance in (0.5, 20.0):
        mission = MISSION.replace("avoidance.legs_clearance", clearance)
        folder = tmp_path / f"{clearance:g}"
        serial(plan_campaign(mission, 2, seed=5), folder)
        campaign = read_campaign(folder)
        assert campaign.plan.mission.avoidance.legs_clearance == clearance
        scans.append(campaign.table.column("site_scans").to_numpy())
    assert scans[0].min() == 1 and scans[0].sum() < scans[1].sum() and (scans[1] > 1).all()
