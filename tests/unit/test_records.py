"""The records of a tick: one table for dtypes, help, pages and packets."""

import inspect
import pydoc
import re

import numpy as np
import pytest
from flown import ROOT

import farside.adapters.c.table
import farside.guidance.autopilot
import farside.guidance.records as records
import farside.mission.integers
from farside.adapters.udp.packets import LAYOUT, Kind
from farside.guidance import COMMAND, ESTIMATE, Autopilot

BOTH = ((ESTIMATE, records.ESTIMATE_FIELDS), (COMMAND, records.COMMAND_FIELDS))


@pytest.mark.parametrize(("dtype", "fields"), BOTH)
def test_help_says_unit_frame_and_meaning_of_every_field(dtype, fields):
    for page in (pydoc.render_doc(Autopilot), pydoc.render_doc(records)):
        plain = re.sub("(.)\b.", r"\1", page)
        for f in fields:
            line = next(each for each in plain.splitlines() if f" {f.name} " in each + " ")
            assert f.unit in line and f.frame in line, f.name
            assert f.meaning.split()[0] in plain
    assert [f.name for f in fields] == list(dtype.names)
    for f in fields:
        assert (f.meaning and f.unit) or f.format == "i4"
        assert dtype[f.name].shape == ((f.length,) if f.length > 1 else ())


@pytest.mark.parametrize(
    ("struct", "fields"),
    [("Estimate", records.ESTIMATE_FIELDS), ("GuidanceCommand", records.COMMAND_FIELDS)],
)
def test_the_table_is_that_of_the_c_struct(struct, fields):
    """Order, type and length of every member, as command.pxd declares them."""
    text = (ROOT / "ext" / "guidance" / "records" / "command.pxd").read_text()
    body = re.search(rf"cdef struct {struct}:\n((?:    .*\n)+)", text)[1]
    kinds = {"double": "f8", "int32_t": "i4"}
    members = [
        (name, kinds[kind], int(size or 1))
        for kind, name, size in re.findall(r"^    (\w+) (\w+)(?:\[(\d)\])?", body, re.M)
    ]
    assert members == [(f.name, f.format, f.length) for f in fields]


def test_packets_have_the_records_bytes():
    for kind, (dtype, fields) in zip((Kind.STATE, Kind.COMMAND), BOTH, strict=True):
        named = LAYOUT[kind][: len(fields)]
        assert [f.name for f in named] == list(dtype.names)
        assert all("; " in f.meaning or f.meaning for f in named)


def test_dtypes_are_as_c_aligns_them():
    assert (ESTIMATE.itemsize, COMMAND.itemsize) == (144, 128)
    assert ESTIMATE.isalignedstruct and COMMAND.isalignedstruct
    assert np.zeros(1, ESTIMATE).view("f8").size == 18


def test_public_functions_of_the_adapters_say_what_they_return():
    """Whatever returns something and has parameters has a Returns section."""
    import farside.adapters.basilisk.autopilot as basilisk
    import farside.adapters.basilisk.lander as basilisk_lander
    import farside.adapters.fmi as fmi
    import farside.adapters.gym as gym
    import farside.adapters.jsbsim.lander as jsbsim
    import farside.adapters.udp.link as udp
    import farside.flight.ideal as ideal

    silent: list[str] = []
    c_table = farside.adapters.c.table
    for module in (basilisk, basilisk_lander, c_table, fmi, gym, ideal, jsbsim, udp):
        for name, thing in public(module):
            said = inspect.getdoc(thing) or ""
            back = inspect.signature(thing).return_annotation
            if back not in (inspect.Signature.empty, None, "None") and "Returns\n---" not in said:
                silent.append(f"{module.__name__}.{name}")
    assert not silent


def public(module):
    """Return a module's own public functions and the methods of its public classes."""
    for name, thing in vars(module).items():
        if name.startswith("_") or not getattr(thing, "__module__", "").startswith(
            "farside.adapters"
        ):
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            for method, function in vars(thing).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", function
