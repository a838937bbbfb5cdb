"""Images of the cameras on the pages: made small, picked, drawn, and told in words."""

import base64
from dataclasses import replace

import cv2
import numpy as np
import pytest
from flown import landing as flown
from matplotlib.collections import LineCollection
from sample_looks import look

from farside.flight.looks import KEPT_PX, Use, made_small
from farside.report.alt import alternatives
from farside.report.cameras import MOST, draw_cameras, pick
from farside.report.gallery import figures
from farside.report.replay.looks import MOST_LOOKS, looks, told


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_small_image_holds_the_means_of_blocks(bits):
    full = (1 << bits) - 1
    image = np.zeros((600, 1024), np.uint16)
    image[:, :512] = full
    image[::2, 512:] = full
    small, scale = made_small(image, bits)
    assert scale == 4.0 and small.shape == (150, 256)
    assert (small[:, :128] == 255).all()
    assert (small[:, 128:] == 127).all()
    drawn = np.random.default_rng(bits).integers(0, full + 1, (1027, 771), np.uint16)
    small, scale = made_small(drawn, bits)
    assert scale == 5.0 and small.shape == (205, 154)
    total = drawn[:1025, :770].astype(np.uint64).reshape(205, 5, 154, 5).sum(axis=(1, 3))
    assert (small == total * 255 // (full * 25)).all()


def test_an_image_that_is_small_stays_as_it_is():
    image = np.arange(200 * KEPT_PX, dtype=np.uint16).reshape(200, KEPT_PX) % 256
    small, scale = made_small(image, 8)
    assert scale == 1.0 and (small == image).all()


def test_the_replay_holds_each_image_with_its_places():
    landing = replace(flown(), looks=(look(3), look(5, taken=False, off_m=None, sigma_m=None)))
    shown = looks(landing)
    assert [each["t_s"] for each in shown] == [3.0, 5.0]
    assert shown[0]["places"] == [[0.008, 0.016, 1], [0.996, 0.977, 0]]
    data = base64.b64decode(shown[0]["image"].partition(",")[2])
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert back.shape == (128, 256) and abs(int(back[10, 10]) - 200) < 8
    assert shown[1]["text"] == "taken, 1 of 2" and not shown[1]["taken"]


def test_of_very_many_images_the_replay_holds_some_from_first_to_last():
    landing = replace(flown(), looks=tuple(look(i) for i in range(1000)))
    times = [each["t_s"] for each in looks(landing)]
    assert len(times) == MOST_LOOKS and times[0] == 0.0 and times[-1] > 980.0


def test_what_became_of_an_image_is_said_with_its_units():
    assert told(look(1)) == ("taken, 1 of 2; off by +120 m east, -40 m north; 1 sigma then 12.0 m")


def test_the_figure_takes_first_and_last_and_the_last_for_hazards():
    many = [look(i) for i in range(30)] + [look(40, Use.HAZARDS), look(41, Use.HAZARDS)]
    times = [each.time_s for each in pick(many)]
    assert len(times) == MOST and times[0] == 0.0 and times[-2:] == [29.0, 41.0]


def test_rims_of_craters_are_drawn_in_the_picture_and_their_errors_below_it():
    angle = np.linspace(0.0, 2.0 * np.pi, 24)
    rims = np.array([[8.0, 8.0], [1020.0, 500.0]])[:, None] + 40.0 * np.column_stack(
        [np.cos(angle), 0.5 * np.sin(angle)]
    )
    picture, errors = draw_cameras([look(3, Use.CRATERS, outlines_px=rims)]).axes
    refused, believed = (
        each.get_segments() for each in picture.collections if isinstance(each, LineCollection)
    )
    np.testing.assert_allclose(refused, rims[1:] / 4.0)
    np.testing.assert_allclose(believed, rims[:1] / 4.0)
    assert "craters" in picture.get_title()
    assert len(errors.lines) == 3


@pytest.mark.slow
def test_a_landing_with_images_has_a_figure_of_them_and_says_what_it_shows():
    landing = replace(flown(), looks=(look(3), look(9)))
    assert "cameras" in figures(landing)
    assert "cameras" not in figures(replace(landing, looks=()))
    words = alternatives(landing)["cameras"]
    assert (
        words
        == "2 images of the cameras, 2 of them used. Error of the place after the last: 3.0 m."
    )
