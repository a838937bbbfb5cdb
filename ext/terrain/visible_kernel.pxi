# The visibility kernel as functions of Python.

include "visible.pxi"

import numpy as np


def watch(
    const float[:, ::1] horizon, const float[:, ::1] axes, const float[:, ::1] places, int reach,
    float lowest, const float[:, ::1] chords, float[:, ::1] tallies, float[:, ::1] shares,
):
    """Follow a body over the horizon of cells, and count.

    Parameters
    ----------
    horizon : (azimuths, cells)
        [deg], clockwise from the grid's up.
    axes : (10, cells)
        Right, up the grid and zenith of each cell, and its distance from the Moon's centre [Mm].
    places : (T, 4)
        Of the body from the Moon's centre [Mm], and the radius of its disc [deg].
    reach
        Entries of the table that half a disc may cover.
    lowest
        [deg] what lies below is hidden.
    chords : (3, 15)
        x_i, 1 / (2 sqrt(1 - x_i^2)) and weights of (1).
    tallies : (6, cells)
        Out: sum of shares, instants seen, longest hidden and seen runs, first and last (or -1).
    shares : (T, cells), or (0, 0)
        Out: the share of every instant.
    """
    cdef Py_ssize_t cells = horizon.shape[1], c, t, k, a, count = places.shape[0]
    cdef int azimuths = horizon.shape[0], width = F32_LANES, entry
    cdef bint keep = shares.shape[0] > 0
    cdef Sky sky
    cdef Tally tally
    cdef f32xN share
    cdef float now[LANES_MOST]
    if azimuths < 4 or reach < 1 or reach > azimuths or cells == 0:
        raise ValueError("a horizon has four azimuths at least")
    if axes.shape[0] != 10 or axes.shape[1] != cells or tallies.shape[1] != cells:
        raise ValueError("cells are as many in every array")
    if tallies.shape[0] != 6 or chords.shape[0] != 3 or chords.shape[1] != CHORDS:
        raise ValueError("six tallies, and three rows of chords")
    if places.shape[1] != 4 or count > 16_000_000:
        raise ValueError("a place has a radius, and there are at most 16 million")
    if keep and (shares.shape[0] != count or shares.shape[1] != cells):
        raise ValueError("shares are of every instant and cell")
    cdef float[:, ::1] tables = np.empty(
        (3, (azimuths + 2 * reach + 2) * LANES_MOST), np.float32)
    cdef float[:, ::1] held = np.zeros((18, LANES_MOST), np.float32)
    sky.azimuths = azimuths
    sky.reach = reach
    sky.table, sky.low, sky.high = &tables[0, 0], &tables[1, 0], &tables[2, 0]
    sky.lowest = lowest
    sky.chord, sky.inverse, sky.weight = &chords[0, 0], &chords[1, 0], &chords[2, 0]
    tally.total, tally.seen = &held[0, 0], &held[1, 0]
    tally.longest_hidden, tally.longest_seen = &held[2, 0], &held[3, 0]
    tally.first, tally.last = &held[4, 0], &held[5, 0]
    tally.now_hidden, tally.now_seen = &held[6, 0], &held[7, 0]
    cdef float* frame = &held[8, 0]
    sky.axes = frame
    with nogil:
        for c in range((cells + width - 1) // width):
            for k in range(width):
                # lanes beyond the last cell repeat it
                t = min(c * width + k, cells - 1)
                for a in range(azimuths + 2 * reach + 2):
                    entry = <int> ((a - reach + azimuths) % azimuths)
                    tables[0, a * width + k] = horizon[entry, t]
                for a in range(10):
                    frame[a * width + k] = axes[a, t]
                for a in range(8):
                    held[a, k] = -1.0 if a == 4 or a == 5 else 0.0
            bound_table(&sky)
            for t in range(count):
                share = visible_share(&sky, &places[t, 0], places[t, 3])
                tally_share(&tally, share, <float> t)
                if keep:
                    f32_store(now, share)
                    for k in range(min(width, cells - c * width)):
                        shares[t, c * width + k] = now[k]
            for k in range(min(width, cells - c * width)):
                for a in range(6):
                    tallies[a, c * width + k] = held[a, k]
