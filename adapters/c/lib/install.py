"""Where an installed libfarside lies, and what tells pkg-config and CMake so."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

from header import ROOT

PKG_CONFIG = """\
prefix={prefix}
includedir={include}
libdir={lib}

Name: farside
Description: Lunar landing guidance: the autopilot's tick, laws and planner, without Python
Version: {version}
Cflags: -I${{includedir}}
Libs: -L${{libdir}} -lfarside{rpath}
Libs.private: -lm
"""
CMAKE = """\
# find_package(farside CONFIG) gives the targets farside::farside (shared) and farside::static.
get_filename_component(_farside_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET farside::farside)
  add_library(farside::farside SHARED IMPORTED)
  set_target_properties(farside::farside PROPERTIES
    IMPORTED_LOCATION "${_farside_prefix}/lib/libfarside.so"
    IMPORTED_SONAME "libfarside.so"
    INTERFACE_INCLUDE_DIRECTORIES "${_farside_prefix}/include")
  add_library(farside::static STATIC IMPORTED)
  set_target_properties(farside::static PROPERTIES
    IMPORTED_LOCATION "${_farside_prefix}/lib/libfarside.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_farside_prefix}/include"
    INTERFACE_LINK_LIBRARIES "m")
endif()
unset(_farside_prefix)
"""
CMAKE_VERSION = """\
set(PACKAGE_VERSION "{version}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
elseif(PACKAGE_FIND_VERSION VERSION_LESS PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
"""
#: Where the loader looks without being told: a program linked there needs no path in it.
KNOWN = ("/lib", "/usr/lib")


def version() -> str:
    """Return the version of this farside."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def pkg_config(prefix: Path, include: Path, lib: Path) -> str:
    """Return farside.pc for a library in these folders.

    A program linked by it finds the library where it lies (rpath), without LD_LIBRARY_PATH. Blanks
    in a path carry a backslash, as pkg-config has it; a shell takes its answer through `eval`.
    """
    rpath = "" if str(lib) in KNOWN else " -Wl,-rpath,${libdir}"
    folders = {
        name: str(folder).replace("\\", "\\\\").replace(" ", "\\ ")
        for name, folder in (("prefix", prefix), ("include", include), ("lib", lib))
    }
    return PKG_CONFIG.format(**folders, version=version(), rpath=rpath)


def install(built: Path, prefix: str) -> None:
    """Copy a built library under a prefix: lib, include, lib/pkgconfig, lib/cmake/farside.

    Parameters
    ----------
    built : Path
        What `build` wrote.
    prefix : str
        Such as /usr/local. With DESTDIR set everything goes below that, for packagers; the paths
        written into the files are those without it.
    """
    home = Path(prefix).expanduser().absolute()
    stage = os.environ.get("DESTDIR", "")
    root = Path(stage + str(home)) if stage else home
    files = {
        "include/farside.h": (built / "farside.h").read_bytes(),
        "lib/libfarside.so": (built / "libfarside.so").read_bytes(),
        "lib/libfarside.a": (built / "libfarside.a").read_bytes(),
        "lib/pkgconfig/farside.pc": pkg_config(home, home / "include", home / "lib").encode(),
        "lib/cmake/farside/farsideConfig.cmake": CMAKE.encode(),
        "lib/cmake/farside/farsideConfigVersion.cmake": CMAKE_VERSION.format(
            version=version()
        ).encode(),
    }
    try:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_bytes(content)
            shutil.copymode(built / "libfarside.so" if name.endswith(".so") else __file__, part)
            part.replace(path)
            print(path)
    except OSError as why:
        line = f"{why.filename}: {why.strerror}: choose a PREFIX that you may write to"
        raise SystemExit(line) from None
