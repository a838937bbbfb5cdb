"""Damaged, foreign or misplaced resources of an FMU, and states from elsewhere, are refused."""

import struct
import zlib
from ctypes import byref, c_char, c_size_t, c_uint8, c_void_p

import numpy as np
import pytest
from sample_fmu import KINDS, MISSION, logged, resealed, slave

from farside.adapters.fmi import export
from farside.ext.navigation._filter import SIZE
from farside.ext.navigation._guarded import NAVIGATOR_BYTES
from farside.ground import Ground

#: Of a serialised state: its head, then the variables.
HEAD_BYTES = 88 + 8 * 116 + 4 * 32
HARMS = {
    "cut": "cut short or too long",
    "stump": "cut short",
    "long": "cut short or too long",
    "flip": "checksum differs",
    "gone": "cannot be read",
    "guid": "not that of this FMU",
    "boast": "cut short or too long",
    "alien": "not farside's",
    "old": "another version",
    "nan": "does not fit",
    "short": "does not fit",
    "sizes": "does not fit",
}


def sealed(whole):
    """Return a block a head that says its length and checksum, as a liar would."""
    whole[16:24] = (len(whole) - export.HEAD.size).to_bytes(8, "little")
    whole[24:28] = zlib.crc32(whole[export.HEAD.size :]).to_bytes(4, "little")
    return whole


def harmed(whole, harm):
    """Spoil the bytes of a resource."""
    if harm == "cut":
        return whole[:-1]
    if harm == "stump":
        return whole[:40]
    if harm == "long":
        return whole + b"more"
    if harm == "boast":
        whole[16:24] = (2**63).to_bytes(8, "little")
    elif harm == "alien":
        whole[0:1] = b"f"
    elif harm == "old":
        whole[8] -= 1
    elif harm == "flip":
        whole[200] ^= 1
    elif harm == "nan":
        whole[-4:] = np.float32(np.nan).tobytes()
        return sealed(whole)
    elif harm == "short":
        return sealed(whole[:-4])
    elif harm == "sizes":
        # rows of the corridor, wherever they stand: the only 87 with 844 columns behind it
        at = whole.index(struct.pack("<ii", *Ground(MISSION).grids["corridor"].heights.shape))
        whole[at : at + 4] = struct.pack("<i", 2**31 - 1)
        return sealed(whole)
    return whole


@pytest.mark.parametrize("harm", HARMS)
def test_damaged_resources_are_refused(exported, tmp_path, harm):
    """With one line in the master's log."""
    fmu = slave(exported["lander", 2], tmp_path, guid="{no}" if harm == "guid" else None)
    data = tmp_path / "resources" / "model.bin"
    if harm == "gone":
        data.unlink()
    else:
        data.write_bytes(harmed(bytearray(data.read_bytes()), harm))
    lines = []
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate(callbacks=logged(lines))
    assert len(lines) == 1 and HARMS[harm] in lines[0]


@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "guid", "nan"])
def test_damaged_resources_are_refused_by_the_third_version(exported, tmp_path, harm):
    fmu = slave(exported["lander", 3], tmp_path, guid="{no}" if harm == "guid" else None)
    data = tmp_path / "resources" / "model.bin"
    if harm == "gone":
        data.unlink()
    else:
        data.write_bytes(harmed(bytearray(data.read_bytes()), harm))
    with pytest.raises(Exception, match="nstantiat"):
        fmu.instantiate()


def test_resources_lie_where_a_uri_says(exported, tmp_path):
    folder = tmp_path / "a place, 100 % fine \u00fc"
    fmu = slave(exported["lander", 2], folder)
    fmu.instantiate()
    fmu.freeInstance()


def test_a_state_from_elsewhere_cuts_no_ground_that_is_not_there(exported, tmp_path):
    """The last words of a state are the tick and the patch: any patch is checked before use."""
    fmu = slave(exported["lander", 2], tmp_path)
    fmu.instantiate()
    fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    state = fmu.getFMUState()
    wired = bytearray(fmu.serializeFMUState(state))
    assert struct.unpack("<q5i4x", wired[-32:]) == (0, 0, 0, 0, 0, 0)
    huge = 2**31 - 1
    for window in (
        (1, -huge, huge, -huge, huge),
        (1, 0, -5, 3, 2),
        (-7, 1, 2, 3, 4),
        (1, *[0] * 4),
    ):
        wired[-24:-4] = struct.pack("<5i", *window)
        again = fmu.deSerializeFMUstate(resealed(wired))
        fmu.setFMUState(again)
        fmu.doStep(0.0, 0.01)
        assert np.all(np.isfinite(fmu.getReal(list(range(37)))))
        fmu.setFMUState(state)
        fmu.freeFMUState(again)
    fmu.freeFMUState(state)
    fmu.terminate()
    fmu.freeInstance()


@pytest.mark.slow
@pytest.mark.parametrize("fmi", [2, 3])
def test_a_state_of_no_time_is_refused(exported, tmp_path, fmi):
    """Its checksum is right: ticks done, start time and stage are what no run comes to."""
    fmu = slave(exported["autopilot", fmi], tmp_path)
    fmu.instantiate()
    sound = fmu.serializeFMUState(fmu.getFMUState())
    for at, code, value in (
        (64, "q", -1), (64, "q", 2**63 - 1), (64, "q", 2**40 + 1),
        (72, "d", np.nan), (72, "d", np.inf), (72, "d", -2e9),
        (80, "i", -1), (80, "i", 4),
    ):  # fmt: skip
        wired = bytearray(sound)
        struct.pack_into("<" + code, wired, at, value)
        with pytest.raises(Exception, match=r"DeSerializeFMUstate|DeserializeFMUState"):
            fmu.deserializeFMUState(bytes(resealed(wired)))
    struct.pack_into("<q", wired, 64, 2**40)
    struct.pack_into("<i", wired, 80, 2)
    fmu.freeFMUState(fmu.deserializeFMUState(bytes(resealed(wired))))
    fmu.freeInstance()


def begun(path, folder):
    """Return an FMU of FMI 2.0 after 20 steps, and its state as bytes."""
    fmu = slave(path, folder)
    fmu.instantiate(callbacks=logged([]))
    fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    for k in range(20):
        fmu.doStep(0.01 * k, 0.01)
    return fmu, bytes(fmu.serializeFMUState(fmu.getFMUState()))


def takes(fmu, wired, at, code, *values):
    """Whether a state is taken with other numbers at a place, and the right checksum."""
    changed, state = bytearray(wired), c_void_p()
    struct.pack_into("<" + code, changed, at, *values)
    code = fmu.dll.fmi2DeSerializeFMUstate(
        c_void_p(fmu.component), resealed(changed), c_size_t(len(wired)), byref(state)
    )
    fmu.dll.fmi2FreeFMUstate(c_void_p(fmu.component), byref(state))
    return code == 0


def test_a_lander_with_indices_of_its_own_is_refused(exported, tmp_path):
    """Steps would read and write outside its arrays: a size of 2^31 - 1 ended the process."""
    fmu, wired = begun(exported["lander", 2], tmp_path)
    sizes = struct.pack("<2i", SIZE, SIZE)  # of the filter: states in use, where clones begin
    at = wired.index(sizes)
    assert wired.count(sizes) == 1 and struct.unpack("<2q", wired[-40:-24]) == (20, 0)
    assert takes(fmu, wired, at, "2i", SIZE, SIZE)
    for pair in (
        (2**31 - 1, SIZE),
        (-1, SIZE),
        (SIZE + 1, SIZE),
        (SIZE, 2**31 - 1),
        (-(2**31),) * 2,
    ):
        assert not takes(fmu, wired, at, "2i", *pair), pair
    assert takes(fmu, wired, len(wired) - 40, "q", 2**40 - 1)
    for tick in (-1, -5, 2**40, -(2**63)):  # rings are indexed by it
        assert not takes(fmu, wired, len(wired) - 40, "q", tick), tick
    assert not takes(fmu, wired, len(wired) - 32, "q", 2)
    fmu.freeInstance()


def test_a_navigator_of_ticks_before_the_first_is_refused(tmp_path):
    """It would make up ticks below 0, whose places in a ring are before it."""
    path = export.export_fmu(MISSION, tmp_path, kind="navigation", fmi=2)
    fmu, wired = begun(str(path), tmp_path / "it")
    first = wired.index(struct.pack("<I", NAVIGATOR_BYTES), HEAD_BYTES)
    assert struct.unpack_from("<q", wired, first + 16) == (19,)
    assert struct.unpack_from("<q", wired, first + NAVIGATOR_BYTES) == (20,)
    for at in (first + 16, first + NAVIGATOR_BYTES):
        assert takes(fmu, wired, at, "q", 21)
        for tick in (-6, -(2**40), 2**40):
            assert not takes(fmu, wired, at, "q", tick)
    fmu.freeInstance()


@pytest.mark.parametrize("fmi", [2, 3])
def test_calls_without_arrays_and_a_start_that_comes_late_are_refused(exported, tmp_path, fmi):
    fmu = slave(exported["lander", fmi], tmp_path)
    lines = []
    fmu.instantiate(**({"callbacks": logged(lines)} if fmi == 2 else {}))
    component, n = c_void_p(fmu.component), c_size_t(2)
    kind = {2: ("Real", "Integer", "Boolean"), 3: ("Float64", "Int32", "Boolean")}[fmi]
    for way in ("Get", "Set"):
        for name in kind:
            call = getattr(fmu.dll, f"fmi{fmi}{way}{name}")
            assert call(component, None, n, None, *([n] if fmi == 3 else [])) == 3
    state = fmu.getFMUState()
    serialize = getattr(fmu.dll, f"fmi{fmi}SerializeFMU{'s' if fmi == 2 else 'S'}tate")
    assert serialize(component, state, None, c_size_t(1 << 20)) == 3
    room = ((c_char if fmi == 2 else c_uint8) * (1 << 20))()
    assert serialize(component, None, room, c_size_t(len(room))) == 3
    if fmi == 2:
        fmu.setupExperiment(startTime=5.0)
        fmu.enterInitializationMode()
        with pytest.raises(Exception, match="SetupExperiment"):
            fmu.setupExperiment(startTime=1.0)
        fmu.exitInitializationMode()
        with pytest.raises(Exception, match="SetupExperiment"):
            fmu.setupExperiment(startTime=1.0)
        fmu.doStep(5.0, 0.01)
        assert set(lines) == {
            "no references or no values are given", "too little room for a state",
            "no state of this FMU", "initialised already: reset first",
        }  # fmt: skip
    fmu.freeFMUState(state)
    fmu.freeInstance()


@pytest.mark.slow
@pytest.mark.parametrize("fmi", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_state_is_refused(exported, tmp_path, kind, fmi):
    """Whichever byte it is, of the head or of the model's own: some of those are indices."""
    fmu = slave(exported[kind, fmi], tmp_path)
    fmu.instantiate()
    state = fmu.getFMUState()
    wired = fmu.serializeFMUState(state)
    assert resealed(wired) == wired
    for at in [*range(0, 60), *range(64, len(wired), 37), len(wired) - 1]:
        damaged = bytearray(wired)
        damaged[at] ^= 0x81
        with pytest.raises(Exception, match=r"DeSerializeFMUstate|DeserializeFMUState"):
            fmu.deserializeFMUState(bytes(damaged))
    again = fmu.deserializeFMUState(wired)
    fmu.setFMUState(again)
    assert fmu.serializeFMUState(again) == wired
    fmu.freeFMUState(state)
    fmu.freeFMUState(again)
    fmu.freeInstance()


def test_a_state_of_another_fmu_is_not_written_over(exported, tmp_path):
    """A lander's is longer than an autopilot's: it would be written beyond its end."""
    pilot, lander = (slave(exported[kind, 2], tmp_path / kind) for kind in KINDS)
    for fmu in (pilot, lander):
        fmu.instantiate()
    state = pilot.getFMUState()
    before = pilot.serializeFMUState(state)
    with pytest.raises(Exception, match="GetFMUstate"):
        lander.fmi2GetFMUstate(lander.component, byref(state))
    wired = lander.serializeFMUState(lander.getFMUState())
    with pytest.raises(Exception, match="DeSerializeFMUstate"):
        lander.deSerializeFMUstate(wired, state)
    assert pilot.serializeFMUState(state) == before
    pilot.freeInstance()
    lander.freeInstance()
