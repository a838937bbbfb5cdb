# What model.h asks of every model, from the names that a model has defined before its include:
# MODEL_KIND, REALS, WHOLES, REAL_INPUTS, WHOLE_INPUTS, and the type ModelTable.

from libc.math cimport rint

from farside.ext.common.elementary cimport cos_of, tan_of
from farside.ext.common.types cimport TICK_HZ


cdef extern from "model.h":
    enum:
        TUNE_LINEAR
        TUNE_WHOLE
        TUNE_TICKS
        TUNE_TANGENT
        TUNE_COSINE
    ctypedef struct Parameter:
        uint32_t at
        int32_t how
        double factor
        double offset


cdef inline double radians(double deg) noexcept nogil:
    return deg * (3.141592653589793 / 180.0)


cdef public uint32_t model_kind() noexcept nogil:
    return MODEL_KIND


cdef public size_t model_table_bytes() noexcept nogil:
    return sizeof(ModelTable)


cdef public int model_reals() noexcept nogil:
    return REALS


cdef public int model_wholes() noexcept nogil:
    return WHOLES


cdef public int model_real_inputs() noexcept nogil:
    return REAL_INPUTS


cdef public int model_whole_inputs() noexcept nogil:
    return WHOLE_INPUTS


cdef public void model_tune(void* table, const Parameter* p, double value) noexcept nogil:
    """Put a key of the mission file into the table, as guidance/table.py and its kin do."""
    cdef char* at = <char*> table + p.at
    cdef double larger
    if p.how == TUNE_WHOLE:
        (<int32_t*> at)[0] = <int32_t> (p.factor * value + p.offset)
    elif p.how == TUNE_TICKS:
        (<int32_t*> at)[0] = <int32_t> rint(TICK_HZ * max(p.offset, value))
    elif p.how == TUNE_LINEAR:
        (<double*> at)[0] = p.factor * value + p.offset
    elif p.how == TUNE_TANGENT:
        (<double*> at)[0] = tan_of(radians(min(value, p.factor)))
    elif p.how == TUNE_COSINE:
        (<double*> at)[0] = cos_of(radians(value))
    else:
        larger = max(p.factor, value)
        (<double*> at)[0] = larger * larger
