# What model.h asks of every model, from the names that a model has defined before its include:
# MODEL_KIND, REALS, WHOLES, REAL_INPUTS, WHOLE_INPUTS, and the types ModelState and ModelWork.


cdef public uint32_t model_kind() noexcept nogil:
    return MODEL_KIND


cdef public size_t model_state_bytes() noexcept nogil:
    return sizeof(ModelState)


cdef public size_t model_room_bytes() noexcept nogil:
    return sizeof(ModelWork)


cdef public int model_reals() noexcept nogil:
    return REALS


cdef public int model_wholes() noexcept nogil:
    return WHOLES


cdef public int model_real_inputs() noexcept nogil:
    return REAL_INPUTS


cdef public int model_whole_inputs() noexcept nogil:
    return WHOLE_INPUTS
