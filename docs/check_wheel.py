"""Look that a wheel and a source distribution hold what they must: every kernel, and its source.

    python docs/check_wheel.py FOLDER

A wheel on the stable ABI has no library for one Python; a wheel of Linux has the FMUs.
"""

import sys
import tarfile
import zipfile
from pathlib import Path


def compiled(names: list[str], kernel: str, stable: bool) -> bool:
    """Return whether a wheel has the library of a kernel, for the ABI that its name promises."""
    ends = (".so", ".pyd")
    found = [n for n in names if n.startswith(f"farside/{kernel}.") and n.endswith(ends)]
    # On Windows a library of the stable ABI is NAME.pyd.
    right = [n for n in found if n.endswith((".abi3.so", f"{kernel}.pyd"))] if stable else found
    return bool(right) and len(right) == len(found)


def main(folder: Path) -> int:
    """Print what is missing from the wheel and the sdist in a folder; 0 if nothing is."""
    root = Path(__file__).resolve().parent.parent
    sources = sorted((root / "ext").rglob("*.pyx"))
    kernels = [path.relative_to(root).with_suffix("").as_posix() for path in sources]
    missions = sorted(path.name for path in (root / "mission").glob("*.toml"))
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    stable = "-abi3-" in wheel.name
    missing = [
        f"{wheel.name}: no compiled farside/{kernel}"
        for kernel in kernels
        if not compiled(names, kernel, stable)
    ]
    missing += [
        f"{wheel.name}: no farside/mission/{mission}"
        for mission in missions
        if f"farside/mission/{mission}" not in names
    ]
    missing += [
        f"{wheel.name}: no farside/report/replay/{part}"
        for part in ("replay.min.js", "three.LICENSE", "page.css", "page.html", "replay_page.py")
        if f"farside/report/replay/{part}" not in names
    ]
    if "farside/adapters/gym/ppo.npz" not in names:
        missing.append(f"{wheel.name}: no farside/adapters/gym/ppo.npz")
    if "linux" in wheel.name:
        kinds = ("autopilot", "lander", "navigation")
        fmus = [f"farside/adapters/fmi/{kind}-{fmi}.so" for kind in kinds for fmi in (2, 3)]
        fmus.append("farside/adapters/fmi/avoidance-3.so")
        missing += [f"{wheel.name}: no {fmu}" for fmu in fmus if fmu not in names]
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    missing += [f"{source.name}: no {k}.pyx" for k in kernels if f"{k}.pyx" not in held]
    for line in missing:
        print(line, file=sys.stderr)
    abi = "for every Python from 3.11" if stable else "for one Python"
    print(
        f"{wheel.name}: {abi}, {len(kernels)} kernels, {len(missions)} missions, {len(names)} files"
    )
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
