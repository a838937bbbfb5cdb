"""The counter-based generator against its published vectors, and the shape of its draws."""

import numpy as np
import pytest
from scipy import stats

from farside.ext.common._random import normals, philox_block, uniforms

# Random123 (Salmon et al. 2011), kat_vectors, philox4x32 with 10 rounds: counter, key, words.
ONES = 0xFFFFFFFF
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
COUNT = 400_000
#: A bound that 1 sample in 10^7 passes by chance, in its standard deviations.
RARE = 5.3


def draw(kind, seed, run, stream, count=COUNT):
    out = np.empty(count)
    kind(seed, run, stream, out)
    return out


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_philox_known_answers(counter, key, words):
    assert philox_block(*counter, *key) == words


def test_a_stream_counts_blocks_under_its_names():
    seed, run, stream = 0x0123456789ABCDEF, 7, 19
    u = draw(uniforms, seed, run, stream, 12)
    words = [
        word
        for block in range(3)
        for word in philox_block(block, 0, stream, run, seed & ONES, seed >> 32)
    ]
    assert u == pytest.approx([(word + 0.5) / 2.0**32 for word in words], abs=0.0)


def test_the_same_names_give_the_same_draws():
    assert np.array_equal(draw(normals, 3, 1, 2, 1000), draw(normals, 3, 1, 2, 1000))
    assert np.array_equal(draw(normals, 3, 1, 2, 1000)[:10], draw(normals, 3, 1, 2, 10))


def test_uniforms_are_uniform():
    u = draw(uniforms, 11, 0, 1)
    assert 0.0 < u.min() and u.max() < 1.0
    assert abs(u.mean() - 0.5) < RARE * np.sqrt(1.0 / 12.0 / COUNT)
    assert abs(np.mean((u - 0.5) ** 2) - 1.0 / 12.0) < RARE * np.sqrt(1.0 / 180.0 / COUNT)
    counts = np.histogram(u, 1000, (0.0, 1.0))[0]
    assert stats.chisquare(counts).pvalue > 1e-7


def test_normals_are_normal():
    z = draw(normals, 12, 0, 1)
    # Moments of the standard normal, each with the standard deviation of its estimate.
    for power, value, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs(np.mean(z**power) - value) < RARE * np.sqrt(variance / COUNT)
    assert stats.kstest(z, "norm").pvalue > 1e-7
    # The tails that 3 sigma bounds speak of: 0.27 % beyond.
    beyond = np.count_nonzero(np.abs(z) > 3.0)
    expected = COUNT * 2.0 * stats.norm.sf(3.0)
    assert abs(beyond - expected) < RARE * np.sqrt(expected)


NAMES = [(0, 0, 0), (1, 0, 0), (2**32, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 2), (2**63 - 1, 0, 0)]


def test_streams_runs_and_seeds_are_independent():
    draws = np.array([draw(normals, *names, 200_000) for names in NAMES])
    correlations = np.corrcoef(draws)[np.triu_indices(len(NAMES), 1)]
    assert np.max(np.abs(correlations)) < RARE / np.sqrt(200_000)


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 5, 8, 100])
def test_draws_of_a_stream_are_independent(lag):
    z = draw(normals, 13, 0, 1)
    assert abs(np.mean(z[lag:] * z[:-lag])) < RARE / np.sqrt(COUNT - lag)
    assert abs(np.mean((z[lag:] ** 2 - 1) * (z[:-lag] ** 2 - 1)) / 2.0) < RARE / np.sqrt(COUNT)
