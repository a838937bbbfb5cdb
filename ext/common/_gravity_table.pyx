"""The table of gravity for Python: it owns the values that the kernels point into."""

from farside.ext.common.gravity_table cimport tabulated_gravity
from farside.ext.common.vector cimport vec, Vec3


cdef class GravityTableCore:
    """A table of `farside.mission.gravity_table`, as the kernels read it.

    Parameters
    ----------
    fields : dict
        Members of the struct, `values` aside.
    values : float32 ndarray, (U, V, H, 3)
        Acceleration [m/s^2], site frame; kept, not copied.
    """

    def __init__(self, dict fields not None, const float[:, :, :, ::1] values not None):
        cdef int i
        self.table.radius_m = fields["radius_m"]
        self.table.sphere_m = fields["sphere_m"]
        self.table.from_east = fields["from_east"]
        self.table.from_north = fields["from_north"]
        for i in range(3):
            if values.shape[i] < 4 or values.shape[i] != fields["count"][i]:
                raise ValueError("a table has 4 nodes or more each way, as many as it says")
            self.table.count[i] = fields["count"][i]
            self.table.first[i] = fields["first"][i]
            self.table.per_step[i] = fields["per_step"][i]
        if values.shape[3] != 3:
            raise ValueError("values are (U, V, H, 3)")
        self.values = values
        self.table.values = &values[0, 0, 0, 0]

    def at(self, const double[:, ::1] r_site not None, double[:, ::1] g not None):
        """Write what the table adds at each place r_site (N, 3) [m] into g (N, 3) [m/s^2]."""
        cdef Py_ssize_t k
        cdef Vec3 here
        if r_site.shape[1] != 3 or g.shape[1] != 3 or r_site.shape[0] != g.shape[0]:
            raise ValueError("r_site and g are (N, 3)")
        for k in range(r_site.shape[0]):
            here = tabulated_gravity(&self.table, vec(r_site[k, 0], r_site[k, 1], r_site[k, 2]))
            g[k, 0], g[k, 1], g[k, 2] = here.x, here.y, here.z
