# Of a model whose state and room are structs, without large arrays; every range of its parameters
# holds by itself. Types ModelState and ModelWork.


cdef public size_t model_state_bytes(const void* block) noexcept nogil:
    return sizeof(ModelState)


cdef public size_t model_room_bytes(const void* block) noexcept nogil:
    return sizeof(ModelWork)


cdef public const char* model_fault(const void* table) noexcept nogil:
    return NULL


cdef public double* model_array(
        const void* block, void* state, uint32_t reference, size_t* count) noexcept nogil:
    return NULL
