"""A host of the UDP link without a socket, and what it reads off answers."""

import struct

import numpy as np

from farside.adapters.udp import packets
from farside.adapters.udp.packets import Code, Kind
from farside.guidance import COMMAND

HOST, STRANGER = ("127.0.0.1", 5001), ("127.0.0.1", 5002)


class Client:
    """A host without a socket: it keeps the session and counts its packets."""

    def __init__(self, link, peer=HOST, at=0.0):
        self.link, self.peer, self.at = link, peer, at
        self.session = self.sequence = 0

    def say(self, packet, peer=None):
        answer = self.link.handle(packet, peer or self.peer, self.at)
        assert answer is None or len(answer) <= len(packet)
        assert answer is None or packets.whole(answer)
        return answer

    def make(self, kind, tick, *values):
        self.sequence += 1
        return packets.write(kind, self.session, self.sequence, tick, *values)

    def hello(self, nonce=1, phase=packets.ANEW):
        self.session = 0
        answer = self.say(self.make(Kind.HELLO, 0, nonce, phase, b""))
        if packets.read_header(answer).kind != Kind.WELCOME:
            return code_of(answer)
        self.session = packets.read_header(answer).session
        return packets.read_body(answer, Kind.WELCOME)

    def aim(self, *site, flags=1):
        return code_of(self.say(self.make(Kind.AIM, 0, *site, 0.0, flags, 0)))

    def state(self, tick, e):
        self.sequence += 1
        return packets.seal(Kind.STATE, self.session, self.sequence, tick, e.tobytes())

    def fly(self, tick, e):
        return self.say(self.state(tick, e))

    def stop(self):
        return code_of(self.say(self.make(Kind.STOP, 0, 0)))


def code_of(answer):
    assert packets.read_header(answer).kind == Kind.ANSWER
    return Code(packets.read_body(answer, Kind.ANSWER)[0])


def command_of(answer):
    assert packets.read_header(answer).kind == Kind.COMMAND
    return np.frombuffer(answer, COMMAND, 1, packets.HEADER.size)


def tail_of(answer):
    """Return thrust to fly level with, ticks to hold, flags."""
    return struct.unpack_from("<dII", answer, packets.HEADER.size + COMMAND.itemsize)
