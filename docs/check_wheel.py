"""Look that a wheel and a source distribution hold what they must: every kernel, and its source."""

import sys
import tarfile
import zipfile
from pathlib import Path


def main(folder: Path) -> int:
    """Print what is missing from the wheel and the sdist in a folder; 0 if nothing is."""
    root = Path(__file__).resolve().parent.parent
    sources = sorted((root / "ext").rglob("*.pyx"))
    kernels = [path.relative_to(root).with_suffix("").as_posix() for path in sources]
    missions = sorted(path.name for path in (root / "mission").glob("*.toml"))
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    missing = [
        f"{wheel.name}: no compiled farside/{kernel}"
        for kernel in kernels
        if not any(n.startswith(f"farside/{kernel}.") and n.endswith(".so") for n in names)
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
    if sys.platform == "linux":
        fmus = [f"farside/adapters/fmi/{k}-{v}.so" for k in ("autopilot", "lander") for v in (2, 3)]
        missing += [f"{wheel.name}: no {fmu}" for fmu in fmus if fmu not in names]
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    missing += [f"{source.name}: no {k}.pyx" for k in kernels if f"{k}.pyx" not in held]
    for line in missing:
        print(line, file=sys.stderr)
    print(f"{wheel.name}: {len(kernels)} kernels, {len(missions)} missions, {len(names)} files")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
