"""What several tests of the doors use, made once."""

import ctypes

import pytest
from sample_pilot import MISSION


@pytest.fixture(scope="session")
def one_link():
    from farside.adapters.udp import Link

    return Link(MISSION)


@pytest.fixture
def link(one_link):
    """Return a link as new; planning the braking again would only take time."""
    from farside.adapters.udp.counters import Counters
    from farside.adapters.udp.link import REFUSALS_PER_S

    one_link.autopilot.core.reset()
    one_link._end()
    one_link.scans.reset()
    one_link.scans.notes.clear()
    one_link.scans.dropped = 0
    one_link._last_tick, one_link.counters = -1, Counters()
    one_link._tokens = REFUSALS_PER_S
    return one_link


@pytest.fixture
def client(link):
    from sample_udp import Client

    client = Client(link)
    assert client.hello()[1:4] == (-1, 20, 2000)
    return client


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Return the paths of autopilot and lander for FMI 2.0 and 3.0, nominal."""
    from farside.adapters.fmi import export_fmu

    folder = tmp_path_factory.mktemp("fmus")
    return {
        (kind, fmi): str(export_fmu(MISSION, folder / str(fmi), kind=kind, fmi=fmi, nominal=True))
        for kind in ("autopilot", "lander")
        for fmi in (2, 3)
    }


@pytest.fixture(scope="session")
def built():
    """Return the folder of libfarside."""
    from c_library import built_library

    return built_library()


@pytest.fixture(scope="session")
def library(built):
    """Return libfarside, its functions declared."""
    lib = ctypes.CDLL(str(built / "libfarside.so"))
    lib.farside_state_size.restype = ctypes.c_size_t
    lib.farside_version.restype = ctypes.c_uint32
    lib.farside_tick.argtypes = [*[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p]
    lib.farside_aim.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.c_double, ctypes.c_int,
    ]  # fmt: skip
    for name in ("check", "wants_plan", "wants_scan"):
        getattr(lib, f"farside_{name}").argtypes = [ctypes.c_void_p]
    lib.farside_begin.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    lib.farside_start.argtypes = lib.farside_plan.argtypes = [ctypes.c_void_p] * 2
    lib.farside_avoid_workspace_size.restype = ctypes.c_size_t
    lib.farside_avoid_workspace_size.argtypes = [ctypes.c_void_p]
    lib.farside_avoid_check.argtypes = [ctypes.c_void_p]
    lib.farside_avoid_start.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    lib.farside_avoid_map_scan.argtypes = [ctypes.c_void_p] * 3
    lib.farside_avoid_decide.argtypes = [ctypes.c_void_p] * 6
    return lib


@pytest.fixture(scope="session")
def legs(built, library):
    """Return a mission with a small map and the library's hazard avoidance for it."""
    from sample_avoid import CELLS, Avoidance, compiled_config, with_hazards

    mission = with_hazards(map_cells=CELLS)
    return mission, Avoidance(library, compiled_config(built, mission, "legs"))


@pytest.fixture(scope="session")
def disc(built, library):
    """Return the same by the disc rule."""
    from sample_avoid import CELLS, Avoidance, compiled_config, with_hazards

    mission = with_hazards(map_cells=CELLS, stand="disc")
    return mission, Avoidance(library, compiled_config(built, mission, "disc"))
