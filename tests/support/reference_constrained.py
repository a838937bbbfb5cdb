"""The constrained descent as one sparse cone program, for Clarabel: every state is a variable.

It reads the kernel's scaled PROBLEM; nothing is eliminated, so it shares no algebra with the
kernel.
"""

import numpy as np
import scipy.sparse as sp

STATE = 11  # r (3), v (3), z, u (3), s of each node; after them the miss (2) and its bound


def r(k, i):
    return STATE * k + i


def v(k, i):
    return STATE * k + 3 + i


def z(k):
    return STATE * k + 6


def u(k, i):
    return STATE * k + 7 + i


def s(k):
    return STATE * k + 10


def ends(p, n, aim, within):
    """Return the equations of both ends and of the miss: rows of (terms, right-hand side)."""
    miss, rows = STATE * (n + 1), []
    for i in range(3):
        shift = [(miss + i, 1.0)] if i < 2 and aim != "reach" else []
        rows.append(([(r(0, i), 1.0), *shift], p["r"][i]))
        rows.append(([(v(0, i), 1.0)], p["v"][i]))
        rows.append(([(r(n, i), 1.0)], 0.0))
        rows.append(([(v(n, i), 1.0)], p["v_f"][i]))
        if aim == "reach":
            rows.append(([(miss + i, 1.0)], 0.0))
    if aim == "within":
        rows.append(([(miss + 2, 1.0)], within))
    rows.append(([(z(0), 1.0)], 0.0))
    return rows


def dynamics(p, n, h):
    """Return the equations from node to node: first-order hold of u and s."""
    rows, burn = [], 0.5 * p["alpha"] * h
    for k in range(n):
        for i in range(3):
            moved = [(r(k + 1, i), 1.0), (r(k, i), -1.0), (v(k, i), -h)]
            moved += [(u(k, i), -h * h / 3.0), (u(k + 1, i), -h * h / 6.0)]
            rows.append((moved, 0.5 * h * h * p["g"][i]))
            faster = [(v(k + 1, i), 1.0), (v(k, i), -1.0)]
            faster += [(u(k, i), -h / 2.0), (u(k + 1, i), -h / 2.0)]
            rows.append((faster, h * p["g"][i]))
        rows.append(([(z(k + 1), 1.0), (z(k), -1.0), (s(k), burn), (s(k + 1), burn)], 0.0))
    return rows


def half_lines(p, n, h):
    """Return rows of h - G x >= 0: full thrust, tilt, floor and tank."""
    rows = []
    for k in range(n + 1):
        mass = mass_about(p, k, h)
        rows.append(([(z(k), 1.0), (s(k), mass / p["rho_2"])], 1.0 + np.log(mass)))
        lean = p["cos_end"] if k == n else p["cos_tilt"]
        if lean > -1.0:
            rows.append(([(u(k, 2), -1.0), (s(k), lean)], 0.0))
        if p["floored"] and not p["cot_glide"] and 0 < k < n:
            rows.append(([(r(k, 2), -1.0)], -p["floor"]))
    if p["dry"] > 0.0:
        rows.append(([(z(n), -1.0)], -np.log(p["dry"])))
    return rows


def cones(p, n, h, aim):
    """Return lists of rows, h - G x of each in a second-order cone."""
    found, miss = [], STATE * (n + 1)
    for k in range(n + 1):
        found.append([([(s(k), -1.0)], 0.0), *(([(u(k, i), -1.0)], 0.0) for i in range(3))])
        if p["rho_1"] > 0.0:
            mass = mass_about(p, k, h)
            both, z_0 = [(s(k), -mass / p["rho_1"]), (z(k), -1.0)], np.log(mass)
            found.append([(both, -0.5 - z_0), (both, -1.5 - z_0), ([(z(k), -1.0)], -z_0)])
        if p["cot_glide"] and (0 < k < n or (k == 0 and aim != "reach")):
            side = (([(r(k, i), -1.0)], 0.0) for i in range(2))
            found.append([([(r(k, 2), -p["cot_glide"])], 0.0), *side])
    if aim != "reach":
        found.append([([(miss + i, -1.0)], 0.0) for i in (2, 0, 1)])
    return found


def mass_about(p, k, h):
    """Return the mass about which the limits of thrust are expanded."""
    return max(1.0 - p["alpha"] * p["rho_2"] * k * h, p["dry"], 0.05)


def matrix(rows, width):
    table = [(k, j, x) for k, (terms, _) in enumerate(rows) for j, x in terms]
    at_row, at_col, x = zip(*table, strict=True)
    return sp.csc_matrix((x, (at_row, at_col)), shape=(len(rows), width))


def program(problem, n, t_f, aim="reach", within=0.0):
    """Return c, G, h, cones, A, b of: least c x, A x = b, h - G x in its cones."""
    p, h, width = problem[0], t_f / n, STATE * (n + 1) + 3
    equal = ends(p, n, aim, within) + dynamics(p, n, h)
    lines, curved = half_lines(p, n, h), cones(p, n, h, aim)
    c = np.zeros(width)
    c[width - 1 if aim == "nearest" else z(n)] = 1.0 if aim == "nearest" else -1.0
    rows = lines + [row for cone in curved for row in cone]
    return (
        c,
        matrix(rows, width),
        np.array([x for _, x in rows], float),
        {"l": len(lines), "q": [len(cone) for cone in curved]},
        matrix(equal, width),
        np.array([x for _, x in equal], float),
    )


def solve(problem, n, t_f, aim="reach", within=0.0):
    """Return Clarabel's verdict (solved, roughly, infeasible, unsure) and its least cost."""
    import clarabel

    c, G, h, cones, A, b = program(problem, n, t_f, aim, within)
    kinds = [clarabel.ZeroConeT(len(b)), clarabel.NonnegativeConeT(cones["l"])]
    kinds += [clarabel.SecondOrderConeT(size) for size in cones["q"]]
    exact = clarabel.DefaultSettings()
    exact.verbose = False
    exact.tol_gap_abs = exact.tol_gap_rel = exact.tol_feas = 1e-9
    rows, right = sp.csc_matrix(sp.vstack([A, G])), np.concatenate([b, h])
    found = clarabel.DefaultSolver(
        sp.csc_matrix((len(c), len(c))), c, rows, right, kinds, exact
    ).solve()
    verdicts = {
        "Solved": "solved",
        "AlmostSolved": "roughly",
        "PrimalInfeasible": "infeasible",
    }
    return verdicts.get(str(found.status), "unsure"), found.obj_val
