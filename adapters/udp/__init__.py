"""The autopilot over UDP: packets, the link's rules, and the server `farside serve` runs."""

from farside.adapters.udp.link import Link, LinkState, ServeError
from farside.adapters.udp.server import open_socket, serve

__all__ = ["Link", "LinkState", "ServeError", "open_socket", "serve"]
