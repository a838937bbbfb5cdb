"""FMUs of the autopilot and of the lander, without Python in them, for any FMI 2.0 or 3.0 master.

The libraries are built with farside's kernels from the same source (c/); an export adds the
mission's numbers and says in XML what is what.
"""

from farside.adapters.fmi.binaries import add_binaries
from farside.adapters.fmi.export import KINDS, FmuError, export_fmu, fmu_name

__all__ = ["KINDS", "FmuError", "add_binaries", "export_fmu", "fmu_name"]
