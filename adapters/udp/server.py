"""The socket and the loop around a `Link`."""

from __future__ import annotations

import gc
import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from farside.adapters.udp import packets
from farside.adapters.udp.link import GLANCE_S, Link, ServeError


def open_socket(host: str, port: int) -> socket.socket:
    """Bind a UDP socket.

    Parameters
    ----------
    host : str
        Name or address of this machine; "127.0.0.1" is heard by nobody else.
    port : int
        0 to 65535; 0 takes one that is free.

    Returns
    -------
    socket
        Bound, not blocking.

    Raises
    ------
    ServeError
        Where the address is none, not this machine's, or in use.

    Examples
    --------
    >>> from farside.adapters.udp import open_socket
    >>> with open_socket("127.0.0.1", 0) as opened:
    ...     opened.getsockname()[0], opened.getblocking()
    ('127.0.0.1', False)
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as why:
        raise ServeError(f"{host}: {getattr(why, 'strerror', None) or why}") from None
    family, kind, proto, _, address = found[0]
    opened = socket.socket(family, kind, proto)
    try:
        opened.bind(address)
    except OSError as why:
        opened.close()
        raise ServeError(f"{host} port {port}: {why.strerror or why}") from None
    opened.setblocking(False)
    return opened


def serve(link: Link, opened: socket.socket, between: Callable[[], bool]) -> None:
    """Answer packets until told to end: answer first, then plan; a scan is assessed beside that.

    Parameters
    ----------
    link : Link
        What answers.
    opened : socket
        Bound, not blocking.
    between : callable
        Called between packets, and at least every 50 ms; True ends the loop.

    Examples
    --------
    >>> import socket
    >>> from farside.adapters.udp import Link, open_socket, packets, serve
    >>> from farside.mission import load_mission
    >>> link = Link(load_mission("chang-e-6"))
    >>> hello = packets.write(packets.Kind.HELLO, 0, 1, 0, 77, packets.ANEW, b"")
    >>> with open_socket("127.0.0.1", 0) as opened, socket.socket(type=socket.SOCK_DGRAM) as host:
    ...     host.settimeout(5.0)
    ...     sent = host.sendto(hello, opened.getsockname())
    ...     serve(link, opened, between=lambda: link.counters.received == 1)
    ...     answer = host.recv(2048)
    >>> packets.Kind(packets.read_header(answer).kind).name, len(answer) <= len(hello)
    ('WELCOME', True)
    """
    counters = link.counters
    room = bytearray(packets.LARGEST + 1)  # a byte more, to see that a packet is too long
    view = memoryview(room)
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here makes cycles
    scans = link.scans
    job: Future[None] | None = None
    pool = ThreadPoolExecutor(1)
    try:
        while not between():
            if not select.select((opened,), (), (), GLANCE_S)[0]:
                link.glance(time.monotonic())
                continue
            began = time.perf_counter_ns()
            try:
                size, peer = opened.recvfrom_into(room)
            except OSError:  # taken back by the kernel: a checksum, or an error of an answer
                continue
            flown = counters.flown
            answer = link.handle(bytes(view[:size]), peer, time.monotonic())
            if answer is not None:
                try:
                    opened.sendto(answer, peer)
                except OSError:
                    counters.unsent += 1
            if counters.flown != flown:
                took_us = (time.perf_counter_ns() - began) // 1000
                counters.slowest_us = max(counters.slowest_us, took_us)
                link.plan()
            if scans.wants_assess and (job is None or job.done()):
                job = pool.submit(scans.assess)
    finally:
        pool.shutdown()
        gc.enable()
        gc.unfreeze()
