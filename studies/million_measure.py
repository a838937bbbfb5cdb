"""Measures what a summary and its page take of so many rows: CPU time, wall time and peak memory.

    python -m studies.million_measure FOLDER PAGE [--whole] [--code DIR]

One process measures one folder and prints a line of JSON. `--whole` reads whole tables as
`read_campaign` does. `--code` takes `campaign/` and `cli/` of another version, to say what it took.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

STATUS = Path("/proc/self/status")


def memory_mb(key: str) -> float:
    """Return VmRSS, what is in memory now, or VmHWM, the most that was, of this process [MB]."""
    for line in STATUS.read_text().splitlines():
        name, value = line.split(":")
        if name == key:
            return int(value.split()[0]) * 1024 / 1e6
    raise KeyError(key)


def measure_page(folder: str | Path, page: str | Path, whole: bool = False) -> dict[str, float]:
    """Summarise a campaign and write its page.

    Parameters
    ----------
    folder : str or Path
        Of the campaign.
    page : str or Path
        To be written.
    whole : bool
        Read the whole table first.

    Returns
    -------
    dict
        Rows and the bytes of the scratch file, CPU and wall time in all and of opening alone [s],
        and by how much the peak of this process's memory is above what it held before the
        campaign was opened [MB].
    """
    from farside import campaign as library
    from farside.campaign.page import write_campaign_page
    from farside.campaign.statistics import summarise
    from farside.campaign.worst import worst_runs

    _warm()
    before = memory_mb("VmRSS")
    wall, cpu = time.monotonic(), time.process_time()
    flown = (library.read_campaign if whole else library.open_campaign)(folder)
    opened_cpu = time.process_time() - cpu
    said = summarise(flown)
    summarised_cpu = time.process_time() - cpu
    worst_runs(flown)
    write_campaign_page(flown, page, folder=folder, summary=said)
    return {
        "rows": flown.table.num_rows,
        "bytes": flown.table.nbytes,
        "wall_s": time.monotonic() - wall,
        "cpu_s": time.process_time() - cpu,
        "opened_cpu_s": opened_cpu,
        "summarised_cpu_s": summarised_cpu,
        "before_mb": before,
        "grown_mb": memory_mb("VmHWM") - before,
    }


def _warm() -> None:
    """Import what is imported late, so that it does not count as memory of the rows."""
    for each in ("pyarrow.parquet", "scipy.stats", "jinja2"):
        __import__(each)


def main() -> None:
    """Measure one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--code", type=Path)
    asked = parser.parse_args()
    if asked.code is not None:
        finder = sys.modules["__editable___farside_0_1_0_finder"]
        for name in ("campaign", "cli"):
            finder.MAPPING[f"farside.{name}"] = str(asked.code / name)
    print(json.dumps(measure_page(asked.folder, asked.page, asked.whole)))


if __name__ == "__main__":
    main()
