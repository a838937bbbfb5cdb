"""A flight that is saved and restored flies on as it did."""

import numpy as np
import pytest

from farside.flight.telemetry import digest
from farside.flight.wiring import wire
from farside.mission import load_mission


@pytest.fixture(scope="module")
def flight():
    made = wire(load_mission("chang-e-6"), seed=5, nominal=False, dems=(), imaging=False, flat=True)
    made.loop.timed = False
    made.autopilot.retarget((0.0, 0.0, 0.0))
    return made


def test_a_restored_flight_has_the_same_bits(flight):
    flight.advance(2000)
    saved = flight.loop.save()
    flight.advance(3000)
    first = digest(flight.flown)
    flight.loop.restore(saved)
    assert flight.loop.tick_count == 2000
    flight.advance(3000)
    assert digest(flight.flown) == first


def test_other_bytes_are_refused(flight):
    with pytest.raises(ValueError, match="3 bytes"):
        flight.loop.restore(b"abc")


def test_the_true_biases_are_the_inputs_and_their_drift(flight):
    biases = flight.loop.true_biases
    inputs = flight.inputs.as_dict()
    named = [name for name in inputs if name.startswith("gyro_bias")]
    given = np.radians([inputs[name] for name in named]) / 3600.0
    drift = np.radians(flight.mission.sensors.imu.gyro_drift_dph) / 3600.0
    assert np.abs(np.array(biases["gyro_bias"]) - given).max() < 5.0 * drift


def test_the_estimate_is_that_of_the_last_row(flight):
    said, row = flight.loop.estimated, flight.flown[-1]
    assert said["r_site"] == row["nav_r_site"].tolist()
    P = np.array(said["P"])
    assert P == pytest.approx(P.T)
    assert P[0, 1] == pytest.approx(float(row["nav_r_cov"][1]), rel=1e-6)
