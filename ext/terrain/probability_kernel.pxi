# The kernel of probabilities as a class of Python.

include "probability.pxi"

cimport cython

from farside.ext.terrain.probability_reasons cimport (
    choose_for_legs, mark_unsure, write_disc_reasons, write_legs_reasons,
)


@cython.final
@cython.auto_pickle(False)
cdef class OddsKernel:
    """Chances and bounds under one set of limits and fits.

    Parameters
    ----------
    layout
        An OddsLayout of farside.ext.terrain.probability.
    """

    cdef Odds c

    def __init__(self, layout):
        cdef int m
        cdef Fit* fit
        self.c.slope_deg = layout.slope_limit_deg
        self.c.slope = layout.slope_limit
        self.c.roughness_m = layout.roughness_limit_m
        self.c.belly_m = layout.belly_clearance_m
        self.c.disc_arm_m = 1.0 / layout.disc_tilt_per_m
        self.c.legs_radius_m = layout.legs_radius_m
        self.c.legs_arm_m = 1.0 / layout.legs_tilt[0]
        self.c.legs_planes = layout.legs_tilt[1]
        self.c.legs_share = 1.0 / layout.legs_lift[0]
        self.c.legs_rises = layout.legs_lift[1]
        self.c.cells = layout.cells
        for m in range(MARGINS):
            fit = &self.c.fits[m]
            (
                fit.scale, fit.scale_x, fit.scale_xx,
                fit.bias, fit.bias_x, fit.bias_xx, fit.bias_xxx,
                fit.above, fit.far, fit.below,
            ) = layout.margins[m]
        self.c.middle, self.c.quietest, self.c.noisiest = layout.noise_levels
        self.c.together = layout.together
        (
            self.c.slope_bit, self.c.rough_bit, self.c.unseen_bit, self.c.edge_bit,
            self.c.stand_slope_bit, self.c.belly_bit, self.c.unsure_bit,
        ) = layout.bits

    def disc(
        self,
        const float[:, ::1] slope_deg,
        const float[:, ::1] roughness_m,
        const unsigned char[:, ::1] state,
        const float[:, ::1] typical_m,
        const float[:, ::1] worst_m,
        float[:, ::1] chance,
        float[:, ::1] bound,
        unsigned short[:, ::1] reasons,
    ):
        """Write chance, bound and reasons of the discs.

        All are maps of one shape, but typical_m and worst_m may be (1, 1): one for all cells.
        """
        cdef Py_ssize_t n = slope_deg.shape[0] * slope_deg.shape[1]
        check_shapes(
            slope_deg, (roughness_m, state, chance, bound, reasons), (typical_m, worst_m))
        if n == 0:
            return
        cdef bint many = typical_m.shape[0] * typical_m.shape[1] > 1
        cdef const float* slope = &slope_deg[0, 0]
        cdef const float* rough = &roughness_m[0, 0]
        with nogil:
            judge_all(
                &self.c, False, n, slope, rough, &typical_m[0, 0], &worst_m[0, 0], many,
                &chance[0, 0], &bound[0, 0])
            write_disc_reasons(&self.c, n, slope, rough, &state[0, 0], &reasons[0, 0])

    def choose(
        self,
        const unsigned char[:, ::1] inside,
        const unsigned char[:, ::1] known,
        const float[:, ::1] chance,
        double least_chance,
        unsigned short[:, ::1] reasons,
        unsigned char[:, ::1] wanted,
    ):
        """Mark where legs are off the map or over unseen ground; tell where else to look at them.

        Wanted are the cells whose chance of a safe disc is above least_chance.
        """
        cdef Py_ssize_t n = chance.shape[0] * chance.shape[1]
        check_shapes(chance, (inside, known, reasons, wanted), ())
        if n == 0:
            return
        with nogil:
            choose_for_legs(
                &self.c, n, &inside[0, 0], &known[0, 0], &chance[0, 0], <float> least_chance,
                &reasons[0, 0], &wanted[0, 0])

    def legs(
        self,
        const float[:, ::1] slope_deg,
        const float[:, ::1] rise_m,
        const float[:, ::1] typical_m,
        const float[:, ::1] worst_m,
        float[:, ::1] chance,
        float[:, ::1] bound,
        unsigned short[:, ::1] reasons,
    ):
        """Join the legs at their worst heading to chance, bound and reasons of the discs."""
        cdef Py_ssize_t n = slope_deg.shape[0] * slope_deg.shape[1]
        check_shapes(slope_deg, (rise_m, chance, bound, reasons), (typical_m, worst_m))
        if n == 0:
            return
        cdef bint many = typical_m.shape[0] * typical_m.shape[1] > 1
        cdef const float* slope = &slope_deg[0, 0]
        cdef const float* rise = &rise_m[0, 0]
        with nogil:
            judge_all(
                &self.c, True, n, slope, rise, &typical_m[0, 0], &worst_m[0, 0], many,
                &chance[0, 0], &bound[0, 0])
            write_legs_reasons(&self.c, n, slope, rise, &reasons[0, 0])

    def doubt(
        self,
        const float[:, ::1] probability,
        double least_probability,
        unsigned short[:, ::1] reasons,
    ):
        """Mark as unsure what is known, but less probable than asked for."""
        cdef Py_ssize_t n = probability.shape[0] * probability.shape[1]
        check_shapes(probability, (reasons,), ())
        if n == 0:
            return
        with nogil:
            mark_unsure(
                &self.c, n, &probability[0, 0], <float> least_probability, &reasons[0, 0])


def check_shapes(first, maps, noises):
    """Refuse maps of another shape than the first, and noises of another than that or one cell."""
    shape = tuple(first.shape)
    if any(tuple(a.shape) != shape for a in maps):
        raise ValueError(f"every map must be {shape[0]} x {shape[1]} cells")
    sizes = {tuple(a.shape) for a in noises}
    if len(sizes) > 1 or not sizes <= {(1, 1), shape}:
        raise ValueError(f"both noises must be {shape[0]} x {shape[1]} cells, or one")
