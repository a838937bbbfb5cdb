"""Let Cython trace kernels line by line: setup.py takes this for FARSIDE_BUILD=traced alone."""

from typing import Any

from Cython.Compiler import Code, Nodes


def trace_without_values() -> None:
    """Have Cython report that a C function returned, but not what.

    It would turn every struct that is returned into a dict, with the same helpers written once for
    each .pxd the structs are from: C that does not compile (Cython 3.2 and 3.3).
    """
    analyse = Nodes.ReturnStatNode.analyse_expressions
    report = Code.CCodeWriter.put_trace_return

    def analyse_untraced(self: Any, env: Any) -> Any:
        kept = env.directives
        env.directives = {**kept, "linetrace": False}
        try:
            return analyse(self, env)
        finally:
            env.directives = kept

    def report_bare(
        self: Any, value: str, pos: Any, return_type: Any = None, nogil: bool = False
    ) -> None:
        if return_type is not None and not return_type.is_pyobject:
            value, return_type = "Py_None", None
        report(self, value, pos, return_type=return_type, nogil=nogil)

    Nodes.ReturnStatNode.analyse_expressions = analyse_untraced
    Code.CCodeWriter.put_trace_return = report_bare
