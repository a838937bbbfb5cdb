"""The constrained descent as one sparse cone program, for Clarabel: every state is a variable.

Scaled as the kernel's plan; nothing is eliminated, so it shares no algebra with the kernel.
"""

import numpy as np
import scipy.sparse as sp

STATE = 11  # r (3), v (3), z, u (3), s of each node; after them the miss (2) and its bound


def program(plan, n, t_f, aim="reach", within=0.0):
    """Return c, G, h, cones, A, b of: least c x, A x = b, h - G x in its cones."""
    r_0, v_0, v_f, g = plan[:3], plan[3:6], plan[6:9], plan[9:12]
    rho_1, rho_2, alpha, dry, cos_tilt, cot_glide, floored, cos_end, floor = plan[12:21]
    h, miss = t_f / n, STATE * (n + 1)
    r, v, z, u, s = (lambda k, i=0, o=o: STATE * k + o + i for o in (0, 3, 6, 7, 10))
    equal, right = [], []

    def equation(rhs, *terms):
        equal.append(terms)
        right.append(rhs)

    for i in range(3):
        shift = [(miss + i, 1.0)] if i < 2 and aim != "reach" else []
        equation(r_0[i], (r(0, i), 1.0), *shift)
        equation(v_0[i], (v(0, i), 1.0))
        equation(0.0, (r(n, i), 1.0))
        equation(v_f[i], (v(n, i), 1.0))
        if aim == "reach":
            equation(0.0, (miss + i, 1.0))
    if aim == "within":
        equation(within, (miss + 2, 1.0))
    equation(0.0, (z(0), 1.0))
    for k in range(n):
        for i in range(3):
            equation(
                0.5 * h * h * g[i],
                *((r(k + 1, i), 1.0), (r(k, i), -1.0), (v(k, i), -h)),
                *((u(k, i), -h * h / 3.0), (u(k + 1, i), -h * h / 6.0)),
            )
            equation(
                h * g[i],
                *((v(k + 1, i), 1.0), (v(k, i), -1.0)),
                *((u(k, i), -h / 2.0), (u(k + 1, i), -h / 2.0)),
            )
        burn = 0.5 * alpha * h
        equation(0.0, (z(k + 1), 1.0), (z(k), -1.0), (s(k), burn), (s(k + 1), burn))
    lines, curved, sizes = [], [], []  # rows of G and h: (terms, h)

    def cone(*rows):
        curved.extend(rows)
        sizes.append(len(rows))

    for k in range(n + 1):
        mass = max(1.0 - alpha * rho_2 * k * h, dry, 0.05)
        z_0 = np.log(mass)
        lines.append(([(z(k), 1.0), (s(k), mass / rho_2)], 1.0 + z_0))
        lean = cos_end if k == n else cos_tilt
        if lean > -1.0:
            lines.append(([(u(k, 2), -1.0), (s(k), lean)], 0.0))
        if floored and not cot_glide and 0 < k < n:
            lines.append(([(r(k, 2), -1.0)], -floor))
        cone(([(s(k), -1.0)], 0.0), *(([(u(k, i), -1.0)], 0.0) for i in range(3)))
        if rho_1 > 0.0:
            both = [(s(k), -mass / rho_1), (z(k), -1.0)]
            cone((both, -0.5 - z_0), (both, -1.5 - z_0), ([(z(k), -1.0)], -z_0))
        if cot_glide and (0 < k < n or (k == 0 and aim != "reach")):
            side = (([(r(k, i), -1.0)], 0.0) for i in range(2))
            cone(([(r(k, 2), -cot_glide)], 0.0), *side)
    if dry > 0.0:
        lines.append(([(z(n), -1.0)], -np.log(dry)))
    if aim != "reach":
        cone(*(([(miss + i, -1.0)], 0.0) for i in (2, 0, 1)))

    def matrix(rows):
        table = [(k, j, x) for k, terms in enumerate(rows) for j, x in terms]
        at_row, at_col, x = zip(*table, strict=True)
        return sp.csc_matrix((x, (at_row, at_col)), shape=(len(rows), miss + 3))

    c = np.zeros(miss + 3)
    c[miss + 2 if aim == "nearest" else z(n)] = 1.0 if aim == "nearest" else -1.0
    rows = lines + curved
    return (
        c,
        matrix([terms for terms, _ in rows]),
        np.array([x for _, x in rows], float),
        {"l": len(lines), "q": sizes},
        matrix(equal),
        np.array(right, float),
    )


def solve(plan, n, t_f, aim="reach", within=0.0):
    """Return Clarabel's verdict (solved, roughly, infeasible, unsure) and its least cost."""
    import clarabel

    c, G, h, cones, A, b = program(plan, n, t_f, aim, within)
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
