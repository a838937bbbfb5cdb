"""`farside serve`: a socket, rubbish, a scan beside the states, and the client in C."""

import importlib.util
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sample_pilot import MISSION, check_sound, estimate
from sample_scans import made_scan
from sample_udp import command_of

from farside.adapters.c.table import mission_c
from farside.adapters.udp import packets
from farside.adapters.udp.packets import Code, Kind
from farside.adapters.udp.scan import scan_packets
from farside.avoidance import HazardAvoidance, HoverEstimate
from farside.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
SERVE = [sys.executable, "-m", "farside.cli", "serve", "--port", "0"]


@pytest.fixture
def server():
    """Start a server of its own and give its process and port; it is ended in any case."""
    process = subprocess.Popen(
        [*SERVE, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said = json.loads(line)
        assert said["event"] == "listening" and said["host"] == "127.0.0.1"
        yield process, said["port"]
    finally:
        process.kill()
        process.communicate(timeout=10)


def ended(process, number=signal.SIGTERM):
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0 and err == ""
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_a_server_lives_through_rubbish_and_ends_when_told(server):
    process, port = server
    rng = np.random.default_rng(5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        for _ in range(300):  # more than its socket may hold: what follows has to be said again
            s.send(rng.bytes(int(rng.integers(0, 400))))
        s.send(rng.bytes(60_000))
        s.settimeout(0.2)
        welcome = b""
        for _ in range(50):
            s.send(packets.write(Kind.HELLO, 0, 1, 0, 77, -1, b""))
            try:
                welcome = s.recv(2048)
                break
            except TimeoutError:
                continue
        s.settimeout(5.0)
        session = packets.read_header(welcome).session
        assert packets.read_body(welcome, Kind.WELCOME)[0] == 77
        for tick in range(50):
            sent = packets.seal(Kind.STATE, session, tick + 2, tick, estimate().tobytes())
            s.send(sent)
            answer = s.recv(2048)
            while packets.read_header(answer).kind == Kind.WELCOME:  # of a HELLO said again
                answer = s.recv(2048)
            check_sound(command_of(answer))
        process.send_signal(signal.SIGUSR1)
        counters = json.loads(process.stdout.readline())
        assert counters["event"] == "counters" and counters["flown"] == 50
        assert counters["state"] == "flying"
    assert main(["serve", "--port", str(port)]) == 2  # in use
    last = ended(process, signal.SIGINT)
    assert last["event"] == "ended" and last["flown"] == 50 and last["foreign"] > 50


def client_built(folder):
    spec = importlib.util.spec_from_file_location("header", ROOT / "adapters/c/lib/header.py")
    maker = importlib.util.module_from_spec(spec)
    sys.modules["header"] = maker
    spec.loader.exec_module(maker)
    (folder / "farside.h").write_text(maker.header())
    (folder / "mission.h").write_text(mission_c(MISSION))
    built = folder / "udp_client"
    words = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{folder}"]
    words += [str(ROOT / "examples" / "c" / "udp_client.c"), "-lm", "-o", str(built)]
    subprocess.run(words, check=True, capture_output=True)
    return built


GCC = pytest.mark.skipif(
    shutil.which("gcc") is None or not sys.platform.startswith("linux"),
    reason="the client in C needs gcc and POSIX",
)


@GCC
@pytest.mark.parametrize(
    ("cut", "ends"),
    [
        pytest.param(("75180", "75280"), r"landed\n$", marks=pytest.mark.slow),
        pytest.param((), r"807\.46 s  touchdown 0\.01 m .* 1826\.7 kg .*\nlanded\n$",
                     marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_the_client_in_c_lands_over_the_link(server, tmp_path, cut, ends):
    process, port = server
    done = subprocess.run(
        [client_built(tmp_path), str(port), *cut], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(ends, done.stdout), done.stdout
    last = ended(process)
    assert last["silences"] >= bool(cut) and last["missed_ticks"] == (101 if cut else 0)
    assert last["stops"] == 1 and last["flown"] > 80_000


def test_bad_words_are_one_line(capsys):
    for words, why in (
        (["no-such-mission"], "no-such-mission"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--timeout", "nan"], "timeout"),
        (["--port", "65536"], "--port"),
    ):
        assert main(["serve", *words]) == 2
        said = capsys.readouterr().err
        assert why in said and said.count("\n") == 1, said


@pytest.mark.slow
def test_a_scan_is_decided_on_while_states_are_answered(server):
    """A scan of the mission's own size, ten chunks in flight; the decision of the package."""
    process, port = server
    made = made_scan(1, 51.2, 340_000)
    hover = HoverEstimate(made.sensor, (0.0, 0.0, 0.0), 1900.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(5.0)
        s.send(packets.write(Kind.HELLO, 0, 1, 0, 1, -1, b""))
        session = packets.read_header(s.recv(2048)).session
        sent = scan_packets(session, 2, 0, 1, made.points, hover, made.sigma_m)
        for k, packet in enumerate(sent):
            s.send(packet)
            if k >= 10:
                assert packets.read_body(s.recv(2048), Kind.ANSWER)[0] == Code.DONE
        for _ in range(10):
            s.recv(2048)
        asked = (*hover.r_site, *hover.v_site, hover.mass_kg, 5.0, b"")
        for tick in range(300):
            number = len(sent) + 2 + 2 * tick
            s.send(packets.seal(Kind.STATE, session, number, tick, estimate().tobytes()))
            check_sound(command_of(s.recv(2048)))
            s.send(packets.write(Kind.DECIDE, session, number + 1, tick, 1, 0, *asked))
            answer = s.recv(2048)
            if packets.read_header(answer).kind == Kind.DECISION:
                break
            assert packets.read_body(answer, Kind.ANSWER) == (Code.PENDING, Kind.DECIDE)
            time.sleep(0.01)
    package = HazardAvoidance(MISSION)
    expected = package.step(hover, made.points, hovered_s=5.0, sigma_m=made.sigma_m)
    body = packets.read_body(answer, Kind.DECISION)
    assert body[1] == expected.reason and body[4:7] == expected.target_site and tick > 1
    assert ended(process)["decisions"] == 1
