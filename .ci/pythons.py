"""Install a wheel for every Python of this machine, and fly: all must give the same telemetry.

    python .ci/pythons.py dist/farside-*.whl [PYTHON ...]

Without names: python3.11 to python3.14 on PATH, and those of pyenv. Each gets an empty environment
and the wheel with its dependencies. Prints seconds of the installation, of `import farside` and of
`farside land --no-cameras`, and the telemetry's digest; exit status 1 where digests differ.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
DIGITS = Path(__file__).resolve().parent / "digits.py"


def version(python: str) -> str | None:
    """Return what a Python says of itself, as 3.12, or None where it does not run."""
    asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def pythons() -> dict[str, str]:
    """Return a Python of each version that is here."""
    pyenv = Path.home() / ".pyenv" / "versions"
    paths = [str(p) for p in sorted(pyenv.glob("*/bin/python"))]
    paths += [f"python{v}" for v in VERSIONS]
    found = {version(path): path for path in paths}
    return {v: found[v] for v in VERSIONS if v in found}


def timed(*words: object, cwd: str) -> tuple[float, str]:
    """Run a command that has to end well; its seconds and what it printed."""
    start = time.monotonic()
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return time.monotonic() - start, done.stdout.strip()


def flown(python: str, wheel: Path) -> str:
    """Install the wheel, import it, land, and fly; print the times, return the digest."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder, "venv", "Scripts" if sys.platform == "win32" else "bin", "python")
        timed(python, "-m", "venv", "venv", cwd=folder)
        install, _ = timed(own, "-m", "pip", "install", "-q", wheel, cwd=folder)
        first, _ = timed(own, "-c", "import farside", cwd=folder)
        again, _ = timed(own, "-c", "import farside", cwd=folder)
        timed(own, "-m", "farside", "land", "--no-cameras", "--out", "a", cwd=folder)
        land, _ = timed(own, "-m", "farside", "land", "--no-cameras", "--out", "b", cwd=folder)
        _, digest = timed(own, DIGITS, cwd=folder)
    print(
        f"{python}: pip install {install:.0f} s, import {first:.2f} s, then {again:.2f} s, "
        f"farside land --no-cameras {land:.1f} s, {digest}",
        flush=True,
    )
    return digest


def main(words: list[str]) -> int:
    """Fly with every Python; 0 where all give one digest."""
    if not words:
        raise SystemExit("usage: python .ci/pythons.py WHEEL [PYTHON ...]")
    wheel = Path(words[0]).resolve()
    chosen = words[1:] or list(pythons().values())
    for missing in sorted(set(VERSIONS) - {version(p) or "" for p in chosen}):
        print(f"Python {missing}: none here, not tried")
    digests = {flown(python, wheel) for python in chosen}
    if len(digests) != 1:
        print("telemetry differs between these Pythons", file=sys.stderr)
    return 0 if len(digests) == 1 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
