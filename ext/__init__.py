"""The Cython kernels: numbers in, numbers out, no policy. The stub beside this file lists them."""
