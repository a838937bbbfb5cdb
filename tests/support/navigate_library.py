"""libfarside's navigator as a C host holds it."""

import ctypes

import numpy as np
from c_library import STRICT, run
from recorded_descent import recorded

from farside.adapters.c.navigate import table_c
from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._filter import CAMERA_SIZE, MOST_CLONES, SIZE
from farside.ext.navigation._guarded import NAVIGATION_ESTIMATE, NAVIGATOR_BYTES

#: FARSIDE_STATES: with cameras and all clones.
STATES = SIZE + CAMERA_SIZE + 6 * MOST_CLONES
CANARY = 0x5A5A5A5A5A5A5A5A
STRUCTS = {"config": "navigation_config", "measurements": "measurements"}
STRUCTS |= {"estimate": "navigation_estimate", "initial": "initial_estimate"}
STRUCTS |= {"fix": "map_fix", "landmark": "landmark", "pair": "motion_pair"}


def declare(lib):
    """Declare the navigator's functions of a library; return it."""
    pointer, size, tick = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64
    lib.farside_navigation_version.restype = ctypes.c_uint32
    lib.farside_navigator_size.restype = size
    lib.farside_navigation_check.argtypes = lib.farside_navigation_seal.argtypes = [pointer]
    lib.farside_navigation_fits.argtypes = [pointer, size]
    lib.farside_navigation_start.argtypes = [pointer, pointer, pointer, size]
    lib.farside_navigate.argtypes = [pointer, pointer, pointer, tick, pointer]
    lib.farside_navigation_command.argtypes = [pointer, ctypes.c_double, pointer]
    lib.farside_navigation_read.argtypes = [pointer, pointer]
    lib.farside_navigation_keep.argtypes = lib.farside_navigation_tie.argtypes = [pointer, pointer]
    lib.farside_navigation_forget.argtypes = [pointer, tick]
    lib.farside_navigation_tie_kept.argtypes = [pointer, pointer, tick, ctypes.c_double]
    lib.farside_navigation_fix.argtypes = [pointer, pointer]
    lib.farside_navigation_landmarks.argtypes = [
        pointer, pointer, ctypes.c_int, tick, pointer, ctypes.c_int,
    ]  # fmt: skip
    lib.farside_navigation_motion.argtypes = [
        pointer, pointer, ctypes.c_int, pointer, pointer, ctypes.c_int,
    ]  # fmt: skip
    lib.farside_navigation_place.argtypes = [pointer, pointer, pointer]
    lib.farside_navigation_covariance.argtypes = [pointer, pointer, size]
    return lib


def compiled(built, flight=None, name="flown"):
    """Return the recorded descent's navigator as C has it, or another's with a table and first."""
    flight, source, made = flight or recorded(), built / f"{name}.c", built / f"{name}.so"
    text = table_c(flight.table, flight.first, header=False, name="flown")
    sizes = "\n".join(
        f"const unsigned long size_of_{short} = sizeof(farside_{name});"
        for short, name in STRUCTS.items()
    )
    source.write_text(f'#include <math.h>\n#include "farside.h"\n{text}\n{sizes}\n')
    run("gcc", "-std=c99", *STRICT, "-shared", "-fPIC", "-I", built, source, "-o", made)
    return ctypes.CDLL(str(made))


class CNavigator:
    """One navigator in memory of its own, with words behind it that nothing may write to."""

    def __init__(self, lib, loaded):
        self.lib = lib
        self.config = self.address(loaded, "flown_navigation")
        self.first = self.address(loaded, "flown_navigation_first")
        self.size = lib.farside_navigator_size()
        assert self.size == NAVIGATOR_BYTES and self.size % 8 == 0
        self.room = np.full(self.size // 8 + 64, CANARY, np.uint64)
        self.memory = self.room.ctypes.data
        self.start()

    @staticmethod
    def address(loaded, name):
        return ctypes.addressof(ctypes.c_char.in_dll(loaded, name))

    def start(self):
        code = self.lib.farside_navigation_start(self.config, self.first, self.memory, self.size)
        assert code == 0

    def intact(self):
        return bool((self.room[self.size // 8 :] == CANARY).all())

    def fly(self, tick, measured, out=None, commands=None):
        """Navigate each measurement, from a tick on, each with its command; the estimates."""
        out = np.zeros(len(measured), NAVIGATION_ESTIMATE) if out is None else out
        measured = np.ascontiguousarray(measured)
        navigate, config, memory = self.lib.farside_navigate, self.config, self.memory
        source, to = measured.ctypes.data, out.ctypes.data
        read, write = MEASUREMENTS.itemsize, NAVIGATION_ESTIMATE.itemsize
        command = self.lib.farside_navigation_command
        for k in range(len(measured)):
            if commands is not None:
                assert command(memory, commands[k, 0], commands[k, 1:].ctypes.data) == 0
            navigate(config, memory, source + k * read, tick + k, to + k * write)
        return out

    def covariance(self):
        P = np.zeros(STATES * STATES)
        n = self.lib.farside_navigation_covariance(self.memory, P.ctypes.data, P.size)
        return P[: n * n].reshape(n, n).copy()
