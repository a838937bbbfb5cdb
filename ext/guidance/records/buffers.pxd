"""Arrays of records from Python, by pointer.

A memoryview of structs would have numpy spell the struct's format out and Cython read it: 4 us for
each array of each call. Here the dtype itself is compared, which is that of the struct.
"""

from cpython.buffer cimport PyBUF_ND, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer


cdef inline void* records_of(
    object array, object dtype, bint writable, Py_ssize_t* count
) except NULL:
    """Return the first record of a contiguous array (n,) of a struct's dtype, and n.

    The pointer holds as long as the caller holds the array.
    """
    cdef Py_buffer view
    cdef void* first
    cdef int axes
    given = getattr(array, "dtype", None)
    if given is not dtype and given != dtype:
        raise TypeError(f"records of {', '.join(dtype.names)} are asked for, not {given}")
    PyObject_GetBuffer(array, &view, PyBUF_ND | (PyBUF_WRITABLE if writable else 0))
    first = view.buf
    axes = view.ndim
    count[0] = view.shape[0] if axes == 1 else 0
    PyBuffer_Release(&view)
    if axes != 1:
        raise ValueError(f"records stand in one row, not in {axes} axes")
    return first
