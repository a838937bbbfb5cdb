"""Fractal roughness: the regional field, and the amplitudes of the local octaves."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]

# An octave of noise smoothed by (1 4 6 4 1) / 16 has lost half its power at 7.66 postings.
OCTAVE_CELLS = 7.66
_FINE = 5  # halvings in which the noise between nodes is followed


def power_law(deviation_m: float, lag_m: float, hurst: float) -> Callable[[Array], Array]:
    """Return the spectrum of a surface whose heights differ by nu(L) = deviation (L / lag)^H, rms.

    Returns
    -------
    callable
        S(k) = C k^-(2H + 2) [m4/rad2] of wavenumber [rad/m], whose integral over the plane is the
        variance. From nu^2(L) = 2 int S(k) (1 - J0(k L)) 2 pi k dk, with
        int x^-(2H + 1) (1 - J0(x)) dx = Gamma(1 - H) / (2^(2H + 1) H Gamma(1 + H)).
    """
    gammas = deterministic.gamma(1.0 - hurst) / deterministic.gamma(1.0 + hurst)
    integral = gammas / (deterministic.power_of(2.0, 2.0 * hurst + 1.0) * hurst)
    spread = deviation_m * deviation_m / deterministic.power_of(lag_m, 2.0 * hurst)
    constant = spread / (4.0 * math.pi * integral)
    return lambda k: constant * deterministic.power(k, -(2.0 * hurst + 2.0))


def periodic_field(
    wavenumber: Array,
    spectrum: Array,
    nodes: int,
    cell_m: float,
    longest_m: float,
    shortest_m: float,
    seed: int,
) -> NDArray[np.float32]:
    """Draw a Gaussian surface with a spectrum, nothing at all outside a band of wavelengths.

    Parameters
    ----------
    wavenumber, spectrum : ndarray, (n,)
        S(k) [m4/rad2] at rising wavenumbers [rad/m], interpolated between.
    nodes, cell_m
        The surface is nodes x nodes at this posting [m], and periodic.
    longest_m, shortest_m : float
        Wavelengths beyond these have exactly no power.
    seed : int
        Of the one draw; the same seed gives the same surface.

    Returns
    -------
    ndarray, (nodes, nodes), float32
        Heights [m].
    """
    step = 2.0 * np.pi / (nodes * cell_m)
    amplitudes = _amplitudes(
        tuple(wavenumber.tolist()), tuple(spectrum.tolist()), nodes, cell_m, longest_m, shortest_m
    )
    random = np.random.Generator(np.random.Philox(key=[seed, 0x66726163]))
    draw = random.standard_normal((nodes, nodes // 2 + 1, 2), dtype=np.float32)
    # |Z|^2 of the unnormalised transform: S dk^2 times nodes^4, shared by two normal parts
    draw[:, 0] *= np.float32(math.sqrt(2.0))  # of kx = 0 the real transform takes the real part
    modes = draw.view(np.complex64)[..., 0] * amplitudes
    field = np.fft.irfft2(modes, s=(nodes, nodes))
    return np.asarray(field * (step * nodes**2), dtype=np.float32)


@lru_cache(maxsize=4)
def _amplitudes(
    wavenumber: tuple[float, ...],
    spectrum: tuple[float, ...],
    nodes: int,
    cell_m: float,
    longest_m: float,
    shortest_m: float,
) -> NDArray[np.float32]:
    """Return what each mode's draw is multiplied by: of the statistics, not of the seed."""
    step = 2.0 * np.pi / (nodes * cell_m)
    kx = step * np.arange(nodes // 2 + 1)
    ky = step * np.minimum(np.arange(nodes), nodes - np.arange(nodes))
    k2 = kx[None, :] ** 2 + ky[:, None] ** 2
    least, most = 2.0 * np.pi / longest_m, 2.0 * np.pi / shortest_m
    band = (k2 >= least * least) & (k2 <= most * most)
    power = np.interp(np.sqrt(k2), np.array(wavenumber), np.array(spectrum))
    return np.sqrt(np.where(band, 0.5 * power, 0.0)).astype(np.float32)


def octave_amplitudes(
    cells_m: list[float], hurst: float, slope_deg: float, baseline_m: float = 5.0
) -> list[float]:
    """Return each octave of noise its amplitude, for a surface of a stated slope.

    Parameters
    ----------
    cells_m : list of float
        Postings [m] of the octaves, each the double of one other.
    hurst : float
        Amplitudes go as posting^H.
    slope_deg : float
        The rms slope over `baseline_m` that all octaves have together: atan(nu / baseline).

    Returns
    -------
    list of float
        Amplitudes [m] that multiply the smoothed white noise of variance 1.
    """
    lags, alike = _autocorrelation()
    # nu^2(L) = 2 (A(0) - A(L)), A the product of the autocorrelations along and across
    per_metre = 0.0
    for cell in cells_m:
        apart = alike[0] - np.interp(baseline_m / cell, lags, alike, right=0.0)
        per_metre += deterministic.power_of(cell, 2.0 * hurst) * 2.0 * float(alike[0] * apart)
    nu = baseline_m * deterministic.tan(math.radians(slope_deg))
    scale = nu / math.sqrt(per_metre) if per_metre > 0.0 else 0.0
    return [scale * deterministic.power_of(cell, hurst) for cell in cells_m]


def law_amplitude(cell_m: float, deviation_m: float, lag_m: float, hurst: float) -> float:
    """Return the amplitude of one octave of an endless row of them that follows a law.

    Parameters
    ----------
    cell_m : float
        Posting [m] of the octave.
    deviation_m, lag_m, hurst : float
        Heights differ by nu(L) = deviation (L / lag)^H, rms.

    Returns
    -------
    float
        Amplitude [m] that multiplies the smoothed white noise of variance 1: a cell^H, with a from
        deviation^2 = sum over n of 2 a^2 cell_n^(2 H) (A(0) - A(lag / cell_n)), cell_n = 2^n lag.
    """
    lags, alike = _autocorrelation()
    total = 0.0
    for n in range(-60, 61):
        lag = deterministic.power_of(2.0, float(-n))
        # the autocorrelation is a parabola at its top
        top = min(lag / 0.25, 1.0)
        apart = float(alike[0] - np.interp(max(lag, 0.25), lags, alike, right=0.0)) * top * top
        total += deterministic.power_of(2.0, 2.0 * hurst * n) * 2.0 * float(alike[0]) * apart
    return deviation_m * deterministic.power_of(cell_m / lag_m, hurst) / math.sqrt(total)


@lru_cache(maxsize=1)
def _autocorrelation() -> tuple[Array, Array]:
    """Return lags [cells] and the autocorrelation along one axis of smoothed white noise.

    Of (1 4 6 4 1) / 16 on the nodes and four-point subdivision between, as kernels make it.
    """
    bump = np.zeros(17)
    bump[6:11] = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
    for _ in range(_FINE):
        between = (9.0 * (bump[1:-2] + bump[2:-1]) - (bump[:-3] + bump[3:])) / 16.0
        fine = np.zeros(2 * bump.size - 1)
        fine[::2] = bump
        fine[3:-3:2] = between
        bump = fine
    step = 1.0 / 2**_FINE
    lags = range(bump.size)
    alike = step * np.array([np.sum(bump[lag:] * bump[: bump.size - lag]) for lag in lags])
    return step * np.arange(alike.size), alike
