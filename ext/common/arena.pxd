# An arena: memory of the caller, handed out piece by piece from the front, and never given back.
#
# Laid out twice by the same code: without memory, to count what is needed, then with it.

cdef struct Arena:
    char* base              # NULL: only counted
    size_t used             # [bytes]


cdef enum:
    ARENA_ALIGNMENT = 64    # of each piece, against the base


cdef inline void* arena_take(Arena* arena, size_t count, size_t size) noexcept nogil:
    """Return room for `count` members of `size` bytes; NULL where bytes are only counted."""
    cdef void* piece = NULL
    if arena.base != NULL:
        piece = <void*> (arena.base + arena.used)
    arena.used += (count * size + ARENA_ALIGNMENT - 1) // ARENA_ALIGNMENT * ARENA_ALIGNMENT
    return piece


cdef inline float* arena_floats(Arena* arena, size_t count) noexcept nogil:
    """Return room for floats."""
    return <float*> arena_take(arena, count, sizeof(float))


cdef inline int* arena_ints(Arena* arena, size_t count) noexcept nogil:
    """Return room for ints."""
    return <int*> arena_take(arena, count, sizeof(int))


cdef inline unsigned int* arena_words(Arena* arena, size_t count) noexcept nogil:
    """Return room for unsigned ints."""
    return <unsigned int*> arena_take(arena, count, sizeof(int))


cdef inline unsigned char* arena_bytes(Arena* arena, size_t count) noexcept nogil:
    """Return room for bytes."""
    return <unsigned char*> arena_take(arena, count, 1)
