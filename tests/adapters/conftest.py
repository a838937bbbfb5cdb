"""What several tests of the doors use, made once."""

import pytest
from sample_pilot import MISSION


@pytest.fixture(scope="session")
def one_link():
    from farside.adapters.udp import Link

    return Link(MISSION)


@pytest.fixture
def link(one_link):
    """Return a link as new; planning the braking again would only take time."""
    from farside.adapters.udp.link import REFUSALS_PER_S, Counters

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
