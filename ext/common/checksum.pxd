"""The 32-bit FNV-1a checksum (Fowler, Noll and Vo; draft-eastlake-fnv)."""

from libc.stdint cimport uint32_t


cdef enum:
    FNV_PRIME = 16777619


cdef inline uint32_t fnv1a_begin() noexcept nogil:
    return <uint32_t> 2166136261


cdef inline uint32_t fnv1a(uint32_t h, const void* bytes, size_t n) noexcept nogil:
    """Continue a checksum: h = (h xor byte) prime."""
    cdef const unsigned char* at = <const unsigned char*> bytes
    cdef size_t k
    for k in range(n):
        h = (h ^ at[k]) * <uint32_t> FNV_PRIME
    return h
