"""Statistics of consistency, on numbers whose distribution is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from studies.consistency import EPOCHS, fly, nis_before, process_noise
from studies.consistency_page import INSIDE, band, judge, mean_of, ratio_of, shares

from farside.flight.consistency import BLOCKS, errors_of_row, nees_of, rotation_error
from farside.flight.telemetry import blank_rows


def drawn(flights, scale=1.0, seed=3):
    """NEES of three states whose errors are `scale` times what their covariance says."""
    rng = np.random.default_rng(seed)
    return scale**2 * (rng.normal(size=(flights, EPOCHS, len(BLOCKS), 3)) ** 2).sum(axis=-1)


def judged(flights, scale):
    rng = np.random.default_rng(4)
    nis = rng.normal(size=(flights, EPOCHS, 6)) ** 2
    error, sigma = rng.normal(size=(flights, EPOCHS)), np.ones((flights, EPOCHS))
    vertical = {"altitude": (scale * error, sigma)}
    speed = 0.03 * rng.normal(size=(flights, 2))
    return judge(np.arange(EPOCHS), drawn(flights, scale), nis, vertical, speed)


def test_the_band_is_the_published_one():
    # Bar-Shalom, Li & Kirubarajan 2001: chi-square of 600 degrees of freedom, over 200
    assert band(3, 200) == pytest.approx((2.67, 3.35), abs=0.01)
    # their example of 50 runs and two states, 5.4.3: 1.5 to 2.6
    assert band(2, 50) == pytest.approx((1.48, 2.59), abs=0.01)


def test_a_consistent_filter_is_inside_and_one_ten_per_cent_off_is_not():
    # 5 blocks x 20 epochs at 95 %: 95 are inside in the mean
    shares_inside = [mean.share for mean in judged(200, 1.0).nees.values()]
    assert np.mean(shares_inside) > 0.9
    assert not judged(200, 0.9).consistent
    assert not judged(200, 1.15).consistent
    assert all(mean.share < INSIDE for mean in judged(200, 1.15).nees.values())


def test_what_is_not_a_number_is_not_counted():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 4.0]])
    mean = mean_of(values, 3)
    assert mean.flights.tolist() == [2, 1]
    assert mean.mean[0] == 2.0
    assert np.isnan(mean.mean[1])
    assert mean.told.tolist() == [True, False]


def test_a_sigma_twice_too_small_has_the_ratio_two():
    error = np.array([[2.0, np.nan], [-2.0, np.nan]])
    found = ratio_of(error, np.ones((2, 2)))
    assert found.ratio[0] == pytest.approx(2.0)
    assert np.isnan(found.ratio[1])
    assert found.share == 0.0


def test_the_speed_error_is_the_deviation_of_an_axis():
    assert judged(2000, 1.0).speed_sigma_mps == pytest.approx(0.03, rel=0.05)


def test_the_table_tells_the_scalings_apart():
    said = shares({1.0: judged(200, 1.0), 10.0: judged(200, 1.5)})
    assert said[-1].endswith("| fails |")
    assert "10 Q" in said[0]


def test_nees_of_draws_of_a_covariance_is_three_in_the_mean():
    rng = np.random.default_rng(1)
    half = rng.normal(size=(3, 3))
    P = half @ half.T
    draws = rng.multivariate_normal(np.zeros(3), P, size=4000)
    assert np.mean([nees_of(each, P) for each in draws]) == pytest.approx(3.0, abs=0.15)
    assert np.isnan(nees_of(np.ones(3), np.zeros((3, 3))))


def test_the_rotation_between_two_attitudes_is_scipys():
    rng = np.random.default_rng(2)
    for size in (0.0, 1e-7, 1e-3, 0.5, 3.0):
        theta = rng.normal(size=3)
        theta *= size / np.linalg.norm(theta)
        q = Rotation.random(random_state=5)
        p = Rotation.from_rotvec(theta) * q
        told = rotation_error(p.as_quat(scalar_first=True), -q.as_quat(scalar_first=True))
        assert told == pytest.approx(theta, abs=1e-14 + 1e-12 * size)


def test_a_row_of_telemetry_holds_the_covariance_by_its_upper_triangle():
    row = blank_rows(1)
    for name in row.dtype.names:
        row[name] = 0
    row["q_site_body"][0, 0] = row["est_q_site_body"][0, 0] = 1.0
    row["r_site"] = (1.0, 2.0, 3.0)
    row["nav_r_cov"] = (4.0, 0.5, 0.25, 5.0, 0.125, 6.0)
    told = errors_of_row(row[0])
    P = np.array([[4.0, 0.5, 0.25], [0.5, 5.0, 0.125], [0.25, 0.125, 6.0]])
    assert told.covariance["position"] == pytest.approx(P)
    assert told.error["position"].tolist() == [1.0, 2.0, 3.0]


def test_an_innovation_counts_once_and_only_where_it_is_new():
    innovation = np.array([[0.0], [2.0], [2.0], [2.0], [3.0]])
    sigma = np.array([[0.0], [1.0], [1.0], [1.0], [2.0]])
    found = nis_before(innovation, sigma, np.array([2, 3, 4]))
    assert found[:, 0].tolist() == pytest.approx([4.0, np.nan, 2.25], nan_ok=True)


@pytest.mark.slow
def test_a_flight_has_every_epoch_and_its_noise_is_scaled():
    plain, more = fly("chang-e-6", 1, 1.0), fly("chang-e-6", 1, 10.0)
    assert plain.nees.shape == (EPOCHS, len(BLOCKS))
    assert np.isfinite(plain.nees).all()
    assert plain.time_s[0] == 5.0
    assert np.nanmedian(more.nees[:, 1]) < np.nanmedian(plain.nees[:, 1])
    assert more.altitude_sigma_m[10] > plain.altitude_sigma_m[10]


def test_process_noise_is_scaled_from_outside():
    import farside.flight.assembly as assembly
    from farside.mission import FlightConfig, load_mission

    config = FlightConfig.of(load_mission("chang-e-6"))
    before = assembly.navigator_setup(config)
    with process_noise(10.0):
        scaled = assembly.navigator_setup(config)
    assert scaled["accel_psd"] == pytest.approx(10.0 * before["accel_psd"])
    ratio = scaled["gravity_sigma_mps2"] / before["gravity_sigma_mps2"]
    assert ratio**2 == pytest.approx(10.0)
    assert scaled["range_sigma_m"] == before["range_sigma_m"]
    assert assembly.navigator_setup(config) == before
