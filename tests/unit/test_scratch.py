"""Memory that kernels of the ground work in, taken again by the same thread."""

import threading

import numpy as np

from farside.ground import scratch as module
from farside.ground.scratch import scratch


def test_arrays_do_not_overlap_and_are_taken_again():
    a, b = scratch((40, 8), (36, 5))
    a[:], b[:] = 1.0, 2.0
    assert (a == 1.0).all() and (b == 2.0).all()
    c, _ = scratch((40, 8), (36, 5))
    assert np.shares_memory(a, c)


def test_each_thread_has_its_own():
    (mine,) = scratch((64, 64))
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(scratch((64, 64))[0]))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])


def test_what_is_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 1000)
    held = module._KEPT.numbers.size
    (large,) = scratch((1, held + 1001))
    assert large.shape == (1, held + 1001) and module._KEPT.numbers.size == held
