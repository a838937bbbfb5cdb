"""Threads for pictures: every row once, errors told, the same bits however many there are."""

import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest

from farside.ext.common import threads
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose


@pytest.fixture(params=[1, 3])
def count(request):
    before = cv2.getNumThreads()
    cv2.setNumThreads(request.param)
    yield request.param
    cv2.setNumThreads(before)


@pytest.mark.parametrize("rows", [1, 31, 64, 500, 1024])
def test_bands_hold_every_row_once(count, rows):
    met = np.zeros(rows, int)

    def work(first, end):
        met[first:end] += 1

    threads.in_bands(rows, work)
    assert (met == 1).all()


def test_what_a_thread_raises_is_raised_here(count):
    def work(first, end):
        if end == 1024:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.in_bands(1024, work)
    with pytest.raises(ZeroDivisionError), threads.beside() as begin:
        begin(lambda x: 1 // x, 0)()


def test_results_are_in_the_order_of_what_was_given(count):
    assert threads.mapped(lambda x: x * x, range(9)) == [x * x for x in range(9)]
    with threads.beside() as begin:
        assert [each() for each in [begin(pow, 2, n) for n in range(9)]] == [2**n for n in range(9)]


def test_a_picture_has_the_same_bits_however_many_threads_make_it():
    ground = Ground(load_mission("chang-e-6"), seed=3)
    camera = Camera(name="small", pixels=(192, 160))
    pose = Pose((30.0, -20.0, 900.0), (1.0, 0.0, 0.0, 0.0))
    images, before = [], cv2.getNumThreads()
    try:
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            images.append(take_picture(ground, camera, pose, (0.6, 0.5, 0.6), key=7).image)
    finally:
        cv2.setNumThreads(before)
    assert images[0].std() > 1.0
    assert (images[0] == images[1]).all() and (images[0] == images[2]).all()


def _no_thread(_self):
    raise RuntimeError("can't start new thread")


def test_where_no_thread_can_be_started_this_one_does_all(monkeypatch, count):
    monkeypatch.setattr(threading.Thread, "start", _no_thread)
    met = np.zeros(1024, int)

    def work(first, end):
        met[first:end] += 1

    threads.in_bands(1024, work)
    assert (met == 1).all()
    assert threads.mapped(abs, range(-9, 0)) == list(range(9, 0, -1))
    with threads.beside() as begin:
        assert begin(pow, 2, 5)() == 32


def test_a_thread_that_outlives_the_script_still_makes_pictures():
    # concurrent.futures takes no more work from then on
    script = (
        "import cv2, threading, time\n"
        "from farside.ext.common import threads\n"
        "def work():\n"
        "    threading.main_thread().join()\n"
        "    with threads.beside() as begin:\n"
        "        print(threads.mapped(abs, [-1, -2]), begin(abs, -3)())\n"
        "cv2.setNumThreads(2)\n"
        "threading.Thread(target=work).start()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[1, 2] 3\n", done.stderr


def test_threads_are_kept_and_may_ask_for_threads(count):
    def nested(n):
        with threads.beside() as begin:
            waits = [begin(threads.mapped, abs, range(-n, 0)) for _ in range(3)]
            return [each() for each in waits]

    names = set()
    for _ in range(20):
        assert threads.mapped(nested, range(8)) == [[list(range(n, 0, -1))] * 3 for n in range(8)]
        names |= set(threads.mapped(lambda _: threading.current_thread().name, range(50)))
    assert len(names) <= count


def test_what_was_begun_is_over_when_its_context_ends(count):
    done = []
    with threads.beside() as begin:
        for n in range(9):
            begin(done.append, n)
    before = len(done)
    threads.mapped(abs, range(99))
    assert len(done) == before
