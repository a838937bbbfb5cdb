"""Doors that take bytes from outside: mission files, rasters, UDP packets, states of FMUs.

    python tests/fuzz/doors.py mission -max_total_time=60 build/fuzz/corpus/mission

fuzzes one with Atheris; what stands behind it are libFuzzer's options. `open_door` gives the same
function to a test, without Atheris. An input is a list of edits of a file that is sound, so that
most of it still is: nothing may come of it but the package's own error.
"""

from __future__ import annotations

import ctypes
import dataclasses
import math
import resource
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fmus import CELLS, RETURNS, small_scan

if TYPE_CHECKING:
    from fmpy.fmi3 import FMU3Slave

Door = Callable[[bytes], None]
#: Address space of a fuzzed process: an allocation that a file only claims does not fit.
MOST_BYTES = 6 << 30
ODD = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300, -1e300, 5e-324, 1e18, 2.0**31)
WORDS = (
    b"nan", b"inf", b"-1", b"0", b"1e308", b"1e-320", b"[]", b'""', b"true", b"9999999999999999999",
    b"-0.0", b"{}", b"'''", b"[[", b"\xff", b"\x00", b"\n", b"0x7fffffffffffffff", b"1979-05-27",
)  # fmt: skip


class Draws:
    """What is drawn of an input; zeros where it is used up."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def over(self) -> bool:
        """Whether everything was drawn."""
        return self.at >= len(self.data)

    def take(self, count: int) -> bytes:
        """Draw some bytes."""
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken.ljust(count, b"\0")

    def below(self, most: int) -> int:
        """Draw a number from 0 to below another."""
        return int.from_bytes(self.take(3), "little") % max(most, 1)


def edited(sound: bytes, draws: Draws, most: int = 8) -> bytes:
    """Change a sound file: bytes put in, taken out, or in the place of others."""
    out = bytearray(sound)
    for _ in range(draws.below(most) + 1):
        at, how = draws.below(len(out) + 1), draws.take(1)[0]
        word = WORDS[draws.below(len(WORDS))] if how & 4 else draws.take(how % 9)
        if how & 8:
            word = struct.pack("<d", ODD[draws.below(len(ODD))])
        gone = (0, len(word), draws.below(32), draws.below(len(out)))[how >> 6]
        out[at : at + gone] = word
        if draws.over:
            break
    return bytes(out)


def mission_door(folder: Path) -> Door:
    """Return what reads a mission file."""
    from farside.mission import MissionError, load_mission

    sound = (resources.files("farside.mission") / "chang-e-6.toml").read_bytes()
    path = folder / "m.toml"

    def door(data: bytes) -> None:
        draws = Draws(data)
        path.write_bytes(data[1:] if draws.take(1) == b"\xff" else edited(sound, draws))
        try:
            load_mission(path)
        except MissionError as why:
            assert "\n" not in str(why)[:-1] or str(why).count("\n") < 60

    return door


def sound_raster(path: Path) -> bytes:
    """Make a small GeoTIFF of the Moon about 10 N 20 E."""
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    heights = np.sin(np.arange(24 * 24).reshape(24, 24) / 7.0).astype(np.float32)
    crs = "+proj=longlat +R=1737400 +no_defs"
    options = {"driver": "GTiff", "width": 24, "height": 24, "count": 1, "dtype": "float32"}
    with rasterio.open(
        path, "w", crs=crs, transform=from_origin(19.99, 10.01, 1e-3, 1e-3), **options
    ) as made:
        made.write(heights, 1)
    return path.read_bytes()


def raster_door(folder: Path) -> Door:
    """Return what reads a raster of heights."""
    from farside.raster import RasterError
    from farside.raster.read import open_raster

    sound, path = sound_raster(folder / "sound.tif"), folder / "r.tif"

    def door(data: bytes) -> None:
        path.write_bytes(edited(sound, Draws(data)))
        try:
            open_raster(path, (10.0, 20.0))
        except RasterError as why:
            assert "\n" not in str(why)

    return door


def packet_of(draws: Draws, session: int, sequence: int) -> bytes:
    """Make a packet of some kind: its body any bytes, sealed or not, or no packet at all."""
    from farside.adapters.udp import packets
    from farside.adapters.udp.packets import Kind

    kinds = tuple(Kind)
    how = draws.take(1)[0]
    kind = kinds[draws.below(len(kinds))]
    size = packets.packed(packets.LAYOUT[kind]).size
    body = bytearray(size)
    for at in range(0, size - 7, 8):
        if draws.over:
            break
        what = draws.take(1)[0]
        number = struct.pack("<d", ODD[what % len(ODD)] if what & 64 else float(what % 16))
        body[at : at + 8] = draws.take(8) if what & 128 else number
    tick = int.from_bytes(draws.take(8), "little", signed=True) if how & 8 else how * 10
    made = packets.seal(kind, session if how & 3 else how, sequence + (how & 1), tick, bytes(body))
    return made if how & 16 == 0 else edited(made, draws, 2)


def packet_door(folder: Path) -> Door:
    """Return what answers UDP packets; the host's clock may jump."""
    from farside.adapters.udp import Link, packets
    from farside.adapters.udp.packets import Kind
    from farside.mission import load_mission

    del folder
    mission = load_mission("chang-e-6")
    hazards = dataclasses.replace(mission.hazards, map_cells=128)
    link = Link(dataclasses.replace(mission, hazards=hazards))
    peer, now = ("127.0.0.1", 5001), [0.0]

    def ask(packet: bytes) -> bytes | None:
        answer = link.handle(packet, peer, now[0])
        assert answer is None or (packets.whole(answer) and len(answer) <= len(packet))
        return answer

    def door(data: bytes) -> None:
        draws, session, sequence = Draws(data), 0, 1
        now[0] = abs(now[0]) % 1e9 + 10.0
        hello = ask(packets.write(Kind.HELLO, 0, 1, 0, draws.take(1)[0], packets.ANEW, b""))
        if hello is not None and packets.read_header(hello).kind == Kind.WELCOME:
            session = packets.read_header(hello).session
        for _ in range(24):
            if draws.over:
                break
            sequence += 1
            ask(packet_of(draws, session, sequence))
            now[0] += (0.01, 0.01, 3.0, -1e6, 1e9)[draws.below(5)]
            link.glance(now[0])
            link.plan()

    return door


def give_scan(fmu: FMU3Slave, reference: dict[str, int]) -> None:
    """Set a scan of a plain with a rock as the inputs of the avoidance FMU."""
    points = []
    for k in range(RETURNS * RETURNS):
        east, north = (0.19 * (at - RETURNS // 2) for at in (k % RETURNS, k // RETURNS))
        points += [east, north, 0.6 if abs(east) + abs(north) < 0.5 else 0.02 * east]
    inputs = {"points": points, "scan_r_site": [0.0, 0.0, 100.0], "r_site": [0.0, 0.0, 100.0]}
    inputs |= {"mass": [1900.0], "hovered": [5.0], "sigma": [0.01], "cost_scale": [0.0]}
    for name, values in inputs.items():
        fmu.setFloat64([reference[name]], values)
    fmu.setInt32([reference["scan_number"], reference["count"]], [1, RETURNS * RETURNS])


def fmu_door(folder: Path, kind: str = "autopilot") -> Door:
    """Return what takes an FMU's state from bytes and makes steps with it."""
    from fmpy import read_model_description
    from fmpy.fmi3 import FMU3Slave

    from farside.adapters.fmi import export_fmu
    from farside.mission import load_mission

    scans = kind == "avoidance"
    mission = small_scan() if scans else load_mission("chang-e-6")
    path = str(export_fmu(mission, folder, kind=kind, fmi=3, nominal=not scans))
    about = read_model_description(path)
    reference = {v.name: v.valueReference for v in about.modelVariables}
    shutil.unpack_archive(path, folder / kind, "zip")
    fmu = FMU3Slave(
        guid=about.guid, unzipDirectory=str(folder / kind), instanceName="it",
        modelIdentifier=about.coSimulation.modelIdentifier,
    )  # fmt: skip
    fmu.instantiate()
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    if scans:
        give_scan(fmu, reference)
    for step in range(20):
        fmu.doStep(step * 0.01, 0.01)
    first = fmu.getFMUState()
    sound = bytes(fmu.serializeFMUState(first))
    lib = fmu.dll
    # a scan and its costs are far larger than what stands before them
    before = len(sound) - 8 * (3 * RETURNS**2 + CELLS**2) if scans else len(sound)

    def door(data: bytes) -> None:
        draws = Draws(data)
        wired = bytearray(sound)
        for _ in range(draws.below(4 if scans else 12) + 1):
            how = draws.take(1)[0]
            at = draws.below((before if how & 4 else len(wired)) // 8) * 8
            odd = struct.pack("<d", ODD[draws.below(len(ODD))])
            wired[at : at + 8] = draws.take(8) if how & 1 else odd
            if how & 2:
                wired[at + 4 : at + 8] = draws.take(4)
        if draws.take(1)[0] % 8:  # a checksum of what it holds now
            wired[56:60] = zlib.crc32(wired[64:]).to_bytes(4, "little")
        state = ctypes.c_void_p()
        raw = (ctypes.c_uint8 * len(wired)).from_buffer(wired)
        size = ctypes.c_size_t(len(wired))
        if lib.fmi3DeserializeFMUState(fmu.component, raw, size, ctypes.byref(state)) == 0:
            lib.fmi3SetFMUState(fmu.component, state)
            at_s = ctypes.c_double(0.2)
            flags = [ctypes.c_bool(False) for _ in range(4)]
            for number in range(3):
                if scans:  # a step decides where the scan is another
                    lib.fmi3SetInt32(
                        fmu.component, ctypes.byref(ctypes.c_uint32(reference["scan_number"])),
                        ctypes.c_size_t(1), ctypes.byref(ctypes.c_int32(7 + number)),
                        ctypes.c_size_t(1),
                    )  # fmt: skip
                lib.fmi3DoStep(
                    fmu.component, at_s, ctypes.c_double(0.01), ctypes.c_bool(True),
                    *(ctypes.byref(flag) for flag in flags[:3]), ctypes.byref(ctypes.c_double()),
                )  # fmt: skip
                at_s = ctypes.c_double(at_s.value + 0.01)
            lib.fmi3FreeFMUState(fmu.component, ctypes.byref(state))
        lib.fmi3SetFMUState(fmu.component, first)

    return door


DOORS: dict[str, Callable[[Path], Door]] = {
    "mission": mission_door,
    "raster": raster_door,
    "packets": packet_door,
    "fmu_autopilot": partial(fmu_door, kind="autopilot"),
    "fmu_lander": partial(fmu_door, kind="lander"),
    "fmu_navigation": partial(fmu_door, kind="navigation"),
    "fmu_avoidance": partial(fmu_door, kind="avoidance"),
}


def open_door(name: str, folder: Path) -> Door:
    """Return the function that takes the inputs of a door; it writes into a folder of its own."""
    return DOORS[name](folder)


def main() -> None:
    """Fuzz the door that is named."""
    if len(sys.argv) < 2 or sys.argv[1] not in DOORS:
        raise SystemExit(f"usage: python tests/fuzz/doors.py {'|'.join(DOORS)} [OPTIONS]")
    try:
        import atheris
    except ImportError:
        raise SystemExit(
            'doors: Atheris is not installed: python -m pip install -e ".[fuzz]"'
        ) from None
    name = sys.argv.pop(1)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        with atheris.instrument_imports(include=["farside", "tomllib"]):
            door = open_door(name, Path(folder))
        atheris.Setup(sys.argv, door)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
