"""Take the C that Cython wrote from the same sources in another folder: setup.py calls this.

`.ci/run` builds the kernels in place, then a wheel from the source distribution in a folder of its
own. With `FARSIDE_TRANSLATED=CLONE/build` the second takes what Cython wrote for the first, where
all that Cython read is the same to the byte: sources, setup.py, versions, profile. A source that
the distribution lacks makes another digest, and all is translated anew, as without the variable.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import Cython

ROOT = Path(__file__).resolve().parents[3]
#: What Cython reads: sources, and which folders are packages.
READ = ("*.pyx", "*.pxd", "*.pxi", "__init__.py")
FOLDERS = ("ext", "adapters/c/lib", "adapters/fmi/c")
#: Below a folder of builds: C of kernels and FMUs, with the digest in `digest`; C of the library,
#: each in a folder named after a digest of its own (build.py).
KERNELS, LIBRARY = "cython", "translated"


def digest_of(*choices: object) -> str:
    """Return a digest of all that decides what Cython writes; choices are those of setup.py."""
    found = hashlib.sha256(repr((Cython.__version__, sys.version, choices)).encode())
    paths = {p for folder in FOLDERS for like in READ for p in (ROOT / folder).rglob(like)}
    for path in [ROOT / "setup.py", *sorted(paths)]:
        data = path.read_bytes()
        found.update(f"{path.relative_to(ROOT).as_posix()} {len(data)}\n".encode())
        found.update(data)
    return found.hexdigest()


def take(build: Path, profile: str, *choices: object) -> str:
    """Fill a folder of builds that holds none yet with what fits; return the digest for `keep`.

    Parameters
    ----------
    build : Path
        Here.
    profile : str
        How kernels are compiled, which `build/profile` says.
    *choices
        What else of setup.py decides.
    """
    digest = digest_of(profile, *choices)
    (build / KERNELS / "digest").unlink(missing_ok=True)  # until this build is through
    given = os.environ.get("FARSIDE_TRANSLATED", "")
    if not given or (build / "profile").exists():
        return digest
    try:
        fits = Path(given, KERNELS, "digest").read_text() == digest
    except OSError:
        fits = False
    print(f"  {given}: {'' if fits else 'not '}of the same sources", flush=True)
    # Without what build.py is about to put in place, and without times: newer than sources.
    aside = shutil.ignore_patterns("*-[0-9]*", "digest")
    for name in (KERNELS, LIBRARY) if fits else ():
        if Path(given, name).is_dir():
            shutil.copytree(
                Path(given, name), build / name, ignore=aside, copy_function=shutil.copyfile,
                dirs_exist_ok=True,
            )  # fmt: skip
    if fits:
        (build / "profile").write_text(profile)
    return digest


def keep(build: Path, digest: str) -> None:
    """Note what the C here was made from."""
    (build / KERNELS).mkdir(parents=True, exist_ok=True)
    (build / KERNELS / "digest").write_text(digest)
