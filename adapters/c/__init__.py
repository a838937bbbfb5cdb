"""A mission's table and first estimate as C; libfarside itself is built from lib/ beside this."""

from farside.adapters.c.table import mission_c

__all__ = ["mission_c"]
