"""The cone solver's parts against dense linear algebra: scaling, step length, direction."""

import numpy as np
import pytest

from farside.ext.guidance.constrained._parts import IterateParts, inverse_step, scaling
from farside.ext.guidance.constrained.constrained import new_problem
from farside.ext.guidance.records._codes import Objective

REACH, NEAREST, WITHIN = Objective

N = 7
LANES = 16  # of N + 2 nodes, in whole blocks of eight
T_F = 2.0
STATE = np.array([[0.5, 0.3, 0.7], [-0.4, 0.1, -0.3], [0.0, 0.0, -0.1], [0.0, 0.0, -1.0]])
ALPHA = 0.03
#: Rows of a node's cones: thrust, least, most, floor, tilt, glide.
CONES = [range(4), range(4, 7), [7], [8], [9], range(10, 13)]


def inside(rng, n):
    """Draw a point inside the cone of n numbers."""
    x = rng.normal(size=n)
    x[0] = np.linalg.norm(x[1:]) + np.exp(rng.normal())
    return x


def in_cone(x):
    return x[0] >= np.linalg.norm(x[1:])


def dense_scaling(s, z):
    """Return W of Nesterov and Todd (Vandenberghe 2010, section 4), from its definition."""
    j = np.diag([1.0] + [-1.0] * (len(s) - 1))
    s_n, z_n = np.sqrt(s @ j @ s), np.sqrt(z @ j @ z)
    s_bar, z_bar = s / s_n, z / z_n
    gamma = np.sqrt((1.0 + s_bar @ z_bar) / 2.0)
    w = (s_bar + j @ z_bar) / (2.0 * gamma)
    v = w.copy()
    v[0] += 1.0
    v /= np.sqrt(2.0 * v[0])
    return np.sqrt(s_n / z_n) * (2.0 * np.outer(v, v) - j)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_scaling_maps_dual_and_slack_to_one_point(n):
    rng = np.random.default_rng(n)
    for _ in range(50):
        s, z, x = inside(rng, n), inside(rng, n), rng.normal(size=n)
        w = dense_scaling(s, z)
        w_z, _, _ = scaling(s, z, z)
        _, w_inverse_s, _ = scaling(s, z, s)
        np.testing.assert_allclose(w_z, w_inverse_s, rtol=1e-11, atol=1e-12)
        w_x, w_inverse_x, w_inverse2_x = scaling(s, z, x)
        tight = dict(rtol=1e-9, atol=1e-10 * np.abs(np.linalg.inv(w @ w)).max())
        np.testing.assert_allclose(w_x, w @ x, **tight)
        np.testing.assert_allclose(w_inverse_x, np.linalg.solve(w, x), **tight)
        np.testing.assert_allclose(w_inverse2_x, np.linalg.solve(w @ w, x), **tight)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_step_length_is_that_of_bisection(n):
    rng = np.random.default_rng(10 + n)
    limited = 0
    for _ in range(200):
        x, d = inside(rng, n), rng.normal(size=n)
        inverse = inverse_step(x, d)
        if in_cone(x + 1e6 * d):
            assert inverse <= 1e-5
            continue
        limited += 1
        low, high = 0.0, 1e6
        for _ in range(100):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if in_cone(x + middle * d) else (low, middle)
        assert 1.0 / inverse == pytest.approx(low, rel=1e-6)
    assert limited > 50


def dynamics(alpha, h, aim):
    """Return the equations (m, n) on (u, s, r, v, z) of all nodes, the miss and its bound.

    The last six are the end's place and velocity.
    """
    size = 11 * (N + 1) + 3
    u, s, r, v, z = (lambda k, i=0, o=o: 11 * k + o + i for o in (0, 3, 4, 7, 10))
    miss = 11 * (N + 1)
    rows = []

    def equation(*terms):
        row = np.zeros(size)
        for place, value in terms:
            row[place] += value
        rows.append(row)

    for i in range(3):
        equation((r(0, i), 1.0), *([(miss + i, 1.0)] if i < 2 else []))
        equation((v(0, i), 1.0))
    equation((z(0), 1.0))
    if aim == REACH:
        for i in range(3):
            equation((miss + i, 1.0))
    if aim == WITHIN:
        equation((miss + 2, 1.0))
    for k in range(N):
        for i in range(3):
            equation(
                (r(k + 1, i), 1.0), (r(k, i), -1.0), (v(k, i), -h),
                (u(k, i), -h * h / 3.0), (u(k + 1, i), -h * h / 6.0),
            )  # fmt: skip
            equation((v(k + 1, i), 1.0), (v(k, i), -1.0), (u(k, i), -h / 2), (u(k + 1, i), -h / 2))
        burn = alpha * h / 2
        equation((z(k + 1), 1.0), (z(k), -1.0), (s(k), burn), (s(k + 1), burn))
    for i in range(3):
        equation((r(N, i), 1.0))
    for i in range(3):
        equation((v(N, i), 1.0))
    return np.array(rows)


@pytest.mark.slow
@pytest.mark.parametrize("aim", [REACH, NEAREST, WITHIN])
@pytest.mark.parametrize(
    "limits",
    [
        {},
        dict(cos_tilt=0.5, cos_end=0.9, cot_glide=2.0, floored=True),
        dict(cos_tilt=0.0, cos_end=0.0, floored=True, floor=-0.1),
    ],
    ids=["free", "glide and tilt", "floor and tilt"],
)
def test_riccati_solves_the_dense_kkt_system(aim, limits):
    rng = np.random.default_rng(aim)
    state = dict(zip(("r", "v", "v_f", "g"), STATE, strict=True))
    problem = new_problem(N, rho_1=0.4, rho_2=1.8, alpha=ALPHA, dry=0.5, **state, **limits)
    parts = IterateParts(problem, T_F, aim)
    F, _ = parts.constraints()
    slack, dual = np.zeros((13, LANES)), np.zeros((13, LANES))
    for k in range(LANES):
        for rows in CONES:
            slack[rows, k], dual[rows, k] = inside(rng, len(rows)), inside(rng, len(rows))
    x = np.zeros((4, LANES))
    x[:, : N + 1] = rng.normal(size=(4, N + 1))
    ends = rng.normal(size=6)
    step, d_miss = parts.direction(x, slack, dual, ends)
    residual = parts.residual()

    # least 1/2 d' H d + q' d of H = sum F' W^-2 F, subject to the dynamics
    size = 11 * (N + 1) + 3
    hessian, gradient = np.zeros((size, size)), np.zeros(size)
    has_tilt, has_glide = "cos_tilt" in limits, "cot_glide" in limits or aim != REACH
    for k in range(N + 2):
        # a node's (u, s, r, z); after the last the miss and its bound, in the place of r
        at = [11 * k + i for i in (0, 1, 2, 3, 4, 5, 6, 10)]
        if k > N:
            at = [-1] * 4 + [11 * (N + 1) + i for i in range(3)] + [-1]
        for rows in CONES[: 4 + has_tilt] + CONES[5:] * has_glide:
            w = dense_scaling(slack[rows, k], dual[rows, k])
            inverse = np.linalg.inv(w @ w)
            part = F[k][rows]
            keep = np.array(at) >= 0
            index = np.array(at)[keep]
            hessian[np.ix_(index, index)] += (part.T @ inverse @ part)[np.ix_(keep, keep)]
            gradient[index] += (part.T @ inverse @ residual[rows, k])[keep]
    if aim == NEAREST:
        gradient[11 * (N + 1) + 2] += 1.0
    else:
        gradient[11 * N + 10] -= 1.0
    equal = dynamics(ALPHA, T_F / N, aim)
    right = np.zeros(len(equal))
    right[-6:] = ends
    kkt = np.block([[hessian, equal.T], [equal, np.zeros((len(equal), len(equal)))]])
    dense = np.linalg.lstsq(kkt, np.concatenate([-gradient, right]), rcond=None)[0]
    assert np.abs(kkt @ dense - np.concatenate([-gradient, right])).max() < 1e-6
    nodes = dense[: 11 * (N + 1)].reshape(N + 1, 11)
    expected = np.concatenate([nodes[:, :7], nodes[:, 10:]], axis=1).T
    scale = np.abs(expected).max()
    np.testing.assert_allclose(step[:, : N + 1], expected, rtol=0.0, atol=1e-7 * scale)
    np.testing.assert_allclose(d_miss, dense[-len(equal) - 3 : -len(equal) - 1], atol=1e-7 * scale)
