# The kernel of probabilities as a class of Python.

include "probability.pxi"

cimport cython

from farside.ext.common.maps cimport ByteMap, ConstByteMap, ConstFloatMap, FloatMap, ReasonMap
from farside.ext.terrain.probability_reasons cimport (
    mark_uncertain, select_for_legs, write_disc_reasons, write_legs_reasons,
)


@cython.final
@cython.auto_pickle(False)
cdef class ProbabilityKernel:
    """Probabilities and bounds under one model and one noise.

    Parameters
    ----------
    model
        A ProbabilityModel of farside.ext.terrain.probability.
    typical_m, worst_m
        Noise of the heights [m], float32 maps of the cells; or (1, 1): one for all cells.
    """

    cdef ProbabilityModel c
    cdef ConstFloatMap typical_m
    cdef ConstFloatMap worst_m

    def __init__(self, model, ConstFloatMap typical_m, ConstFloatMap worst_m):
        cdef int m
        cdef Fit* fit
        self.typical_m = typical_m
        self.worst_m = worst_m
        self.c.slope_deg = model.slope_limit_deg
        self.c.slope = model.slope_limit
        self.c.roughness_m = model.roughness_limit_m
        self.c.belly_m = model.belly_clearance_m
        self.c.belly_sigma_m, self.c.rest_tilt, self.c.rest_per_slope = model.touchdown
        self.c.yields = max(model.touchdown) > 0.0
        self.c.disc_arm_m = 1.0 / model.disc_tilt_per_m
        self.c.legs_radius_m = model.legs_radius_m
        self.c.legs_arm_m = 1.0 / model.legs_tilt[0]
        self.c.legs_planes = model.legs_tilt[1]
        self.c.legs_per_lift = 1.0 / model.legs_lift[0]
        self.c.legs_rises = model.legs_lift[1]
        self.c.cells = model.cells
        for m in range(MARGINS):
            fit = &self.c.fits[m]
            (
                fit.scale, fit.scale_x, fit.scale_xx,
                fit.bias, fit.bias_x, fit.bias_xx, fit.bias_xxx,
                fit.above, fit.far, fit.below,
            ) = model.margins[m]
        self.c.noise_middle, self.c.noise_least, self.c.noise_most = model.noise_levels
        self.c.correlation = model.correlation
        (
            self.c.slope_bit, self.c.rough_bit, self.c.unseen_bit, self.c.edge_bit,
            self.c.stand_slope_bit, self.c.belly_bit, self.c.uncertain_bit,
        ) = model.bits

    cdef CellMaps _maps(
        self, ConstFloatMap slope_deg, ConstFloatMap height_m, FloatMap probability, FloatMap bound
    ):
        """Point at maps of one shape, one cell at least."""
        cdef CellMaps maps
        maps.cells = slope_deg.shape[0] * slope_deg.shape[1]
        maps.slope_deg = &slope_deg[0, 0]
        maps.height_m = &height_m[0, 0]
        maps.typical_m = &self.typical_m[0, 0]
        maps.worst_m = &self.worst_m[0, 0]
        maps.noise_per_cell = self.typical_m.shape[0] * self.typical_m.shape[1] > 1
        maps.probability = &probability[0, 0]
        maps.bound = &bound[0, 0]
        return maps

    def disc(
        self,
        ConstFloatMap slope_deg,
        ConstFloatMap roughness_m,
        ConstByteMap state,
        FloatMap probability,
        FloatMap bound,
        ReasonMap reasons,
    ):
        """Write probability, bound and reasons of the discs, all maps of one shape."""
        cdef CellMaps maps
        check_shapes(
            slope_deg, (roughness_m, state, probability, bound, reasons),
            (self.typical_m, self.worst_m))
        if slope_deg.shape[0] * slope_deg.shape[1] == 0:
            return
        maps = self._maps(slope_deg, roughness_m, probability, bound)
        with nogil:
            assess_cells(&self.c, False, &maps)
            write_disc_reasons(
                &self.c, maps.cells, maps.slope_deg, maps.height_m, &state[0, 0], &reasons[0, 0])

    def select_cells(
        self,
        ConstByteMap inside,
        ConstByteMap known,
        ConstFloatMap probability,
        double least_probability,
        ReasonMap reasons,
        ByteMap wanted,
    ):
        """Mark where legs are off the map or over unseen ground, and where to compute them.

        Wanted are the known cells whose probability of a safe disc is above the least.
        """
        cdef Py_ssize_t n = probability.shape[0] * probability.shape[1]
        check_shapes(probability, (inside, known, reasons, wanted), ())
        if n == 0:
            return
        with nogil:
            select_for_legs(
                &self.c, n, &inside[0, 0], &known[0, 0], &probability[0, 0],
                <float> least_probability, &reasons[0, 0], &wanted[0, 0])

    def legs(
        self,
        ConstFloatMap slope_deg,
        ConstFloatMap rise_m,
        FloatMap probability,
        FloatMap bound,
        ReasonMap reasons,
    ):
        """Join the legs at their worst heading to probability, bound and reasons of the discs."""
        cdef CellMaps maps
        check_shapes(
            slope_deg, (rise_m, probability, bound, reasons), (self.typical_m, self.worst_m))
        if slope_deg.shape[0] * slope_deg.shape[1] == 0:
            return
        maps = self._maps(slope_deg, rise_m, probability, bound)
        with nogil:
            assess_cells(&self.c, True, &maps)
            write_legs_reasons(
                &self.c, maps.cells, maps.slope_deg, maps.height_m, &reasons[0, 0])

    def mark_uncertain(
        self, ConstFloatMap probability, double least_probability, ReasonMap reasons
    ):
        """Mark as uncertain what is known, but less probable than asked for."""
        cdef Py_ssize_t n = probability.shape[0] * probability.shape[1]
        check_shapes(probability, (reasons,), ())
        if n == 0:
            return
        with nogil:
            mark_uncertain(
                &self.c, n, &probability[0, 0], <float> least_probability, &reasons[0, 0])


def check_shapes(first, maps, noises):
    """Refuse maps of another shape than the first, and noises of another than that or one cell."""
    shape = tuple(first.shape)
    if any(tuple(a.shape) != shape for a in maps):
        raise ValueError(f"every map must be {shape[0]} x {shape[1]} cells")
    sizes = {tuple(a.shape) for a in noises}
    if len(sizes) > 1 or not sizes <= {(1, 1), shape}:
        raise ValueError(f"both noises must be {shape[0]} x {shape[1]} cells, or one")
