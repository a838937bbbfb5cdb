"""Fingerprints of everything that must not change when code moves: run it on two commits, compare.

    python studies/same_bits.py before.json              # in a checkout of the old commit
    python studies/same_bits.py after.json --against before.json

It uses only the command line, `farside.flight.land`, `farside.mission.load_mission` and the
examples, which both commits have, and may be copied beside an older checkout's files. `--quick`
flies two seeds of each mission. The exit status is 1 where a fingerprint differs.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from farside.flight import land
from farside.mission import load_mission

#: Seeds flown of each mission; None is the nominal flight.
FLIGHTS: dict[str, list[int | None]] = {
    "chang-e-6": [None, *range(20)],
    "chang-e-4": list(range(10)),
    "apollo-11": list(range(5)),
}
ROOT = Path.cwd()
#: Columns of a campaign's rows that may differ: none holds a clock today.
CLOCKS: set[str] = set()


def digest(*parts: bytes) -> str:
    """Return the SHA-256 of some bytes, shortened to 16 digits."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.hexdigest()[:16]


def farside(*words: object) -> None:
    """Run the command line of the farside that is imported here."""
    done = subprocess.run([sys.executable, "-m", "farside", *map(str, words)], capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr.decode() or f"farside {words[0]} left with {done.returncode}")


def flights(quick: bool) -> dict[str, str]:
    """Return the telemetry's hash of every flight."""
    found = {}
    for name, seeds in FLIGHTS.items():
        mission = load_mission(name)
        for seed in seeds[:2] if quick else seeds:
            flown = land(mission, seed=seed or 0, cameras=False)
            key = f"flight {name} {'nominal' if seed is None else seed}"
            found[key] = flown.telemetry_sha256[:16]
    return found


def campaign(folder: Path) -> dict[str, str]:
    """Return the hash of each column of a campaign of eight runs."""
    import pyarrow.parquet as parquet

    out = folder / "campaign"
    farside("campaign", "chang-e-6", "--runs", 8, "--workers", 1, "--no-imaging", "--out", out)
    parts = sorted(path for path in (out / "parts").rglob("*.parquet"))
    rows = [row for part in parts for row in parquet.read_table(part).to_pylist()]
    rows.sort(key=lambda row: row["run"])
    columns = sorted(set(rows[0]) - CLOCKS)
    return {
        f"campaign {name}": digest(*(repr(row.get(name)).encode() for row in rows))
        for name in columns
    }


def coupled_fmus(folder: Path, ticks: int = 20_000) -> dict[str, str]:
    """Return the hash of the true places along a landing of two coupled FMUs."""
    spec = importlib.util.spec_from_file_location("fmus", ROOT / "examples" / "fmu_landing.py")
    assert spec is not None and spec.loader is not None
    example: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    landing = example.Landing(load_mission("chang-e-6"), folder, seed=3)
    places = []
    for tick in range(ticks):
        landing.step()
        if tick % 100 == 0:
            places.append(np.array(landing.true("r_site", 3)).tobytes())
    landing.close()
    return {"FMU 200 s": digest(*places)}


def c_library(folder: Path) -> dict[str, str]:
    """Return the hash of what the C example prints of its landing."""
    build = next(p for p in ("adapters/c/lib/build.py", "lib/build.py") if (ROOT / p).exists())
    subprocess.run([sys.executable, ROOT / build, folder], check=True, cwd=ROOT)
    farside("export", "mission", "chang-e-6", "--c", "--out", folder / "mission.h")
    program = folder / "land"
    line = f"gcc -O2 -I{folder} examples/c/land.c -L{folder} -lfarside -lm -Wl,-rpath,{folder}"
    subprocess.run([*shlex.split(line), "-o", program], check=True, cwd=ROOT)
    said = subprocess.run([program], check=True, capture_output=True).stdout
    return {"C library landing": digest(said)}


def hazard_maps(folder: Path) -> dict[str, str]:
    """Return the hash of every band of two hazard maps, posted and with noise, and of the sites."""
    import rasterio

    found = {}
    for name, sigma in (("smooth", 0.005), ("noisy", 0.03)):
        draws = np.random.default_rng(5).normal(0.0, sigma, (240, 240))
        y, x = np.mgrid[0:240, 0:240] * 0.1
        heights = 0.8 * np.sin(0.35 * x) * np.cos(0.21 * y) + draws
        path = folder / f"{name}.npy"
        np.save(path, heights.astype(np.float32))
        out = folder / name
        farside("hazards", path, "--cell", 0.1, "--sigma", sigma, "--out", out)
        with rasterio.open(out / "hazards.tif") as raster:
            for band in raster.indexes:
                found[f"map {name} band {band}"] = digest(raster.read(band).tobytes())
        found[f"map {name} sites"] = digest((out / "sites.json").read_bytes())
    return found


def main() -> int:
    """Write the fingerprints; compare them with another commit's where one is given."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("out", type=Path)
    asked.add_argument("--against", type=Path)
    asked.add_argument("--quick", action="store_true")
    words = asked.parse_args()
    found = flights(words.quick)
    with TemporaryDirectory() as name:
        folder = Path(name)
        found |= campaign(folder) | coupled_fmus(folder) | c_library(folder) | hazard_maps(folder)
    words.out.write_text(json.dumps(found, indent=1) + "\n")
    if words.against is None:
        print(f"{len(found)} fingerprints in {words.out}")
        return 0
    before = json.loads(words.against.read_text())
    common = sorted(set(found) & set(before))
    changed = [key for key in common if found[key] != before[key]]
    alone = sorted(set(found) ^ set(before))
    print(f"{len(common)} compared, {len(changed)} differ, {len(alone)} in one commit only")
    for key in (*changed, *alone):
        print(f"  {key}: {before.get(key, '-')} -> {found.get(key, '-')}")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
