"""Builds replay.min.js from js/ and three.js, with npm and esbuild at the pinned versions.

    python report/replay/bundle.py

The result is committed, so that nobody who uses farside needs node. Its first line holds the hash
of the sources it was built from.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES, BUILT = HERE / "js", HERE / "replay.min.js"


def sources_sha256() -> str:
    """Hash what the bundle is built from: every source, and the pinned versions."""
    whole = hashlib.sha256()
    for path in sorted([*SOURCES.glob("*.js"), *SOURCES.glob("package*.json")]):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def main() -> None:
    """Install the tools below build/, bundle, and take three.js's licence along."""
    room = HERE.parents[1] / "build" / "replay"
    room.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, room / name)
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(["npm", "ci", *quiet], cwd=room, check=True)
    modules = room / "node_modules"
    subprocess.run(
        [
            str(modules / ".bin" / "esbuild"),
            str(SOURCES / "main.js"),
            "--bundle",
            "--minify",
            "--format=iife",
            "--target=es2020",
            "--legal-comments=none",
            # three.js tells of every context lost and found; warnings and errors stay
            "--pure:console.log",
            "--drop:debugger",
            "--log-level=warning",
            f"--banner:js=/* farside replay, MIT; three.js, MIT; sources {sources_sha256()} */",
            f"--outfile={BUILT}",
        ],
        env=os.environ | {"NODE_PATH": str(modules)},
        check=True,
    )
    shutil.copy(modules / "three" / "LICENSE", HERE / "three.LICENSE")
    print(f"{BUILT.name}: {BUILT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
