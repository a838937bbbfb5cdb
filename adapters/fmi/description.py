"""modelDescription.xml for FMI 2.0 and 3.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as xml

from farside.adapters.fmi.variables import TIME_REFERENCE, UNITS, Kind, Variable

#: Start values of the inputs by name: floats, or one of them for a scalar.
Starts = Mapping[str, Sequence[float]]

TITLES = {
    "autopilot": "Farside autopilot: guidance and control of a lunar landing",
    "lander": "Farside lander: truth, sensors and navigation of a lunar lander over flat ground",
}
STEP_S = "0.01"
TYPES_2 = {"real": "Real", "integer": "Integer", "boolean": "Boolean"}
TYPES_3 = {"real": "Float64", "integer": "Int32", "boolean": "Boolean"}


def description(
    version: int,
    kind: Kind,
    title: str,
    variables: Sequence[Variable],
    starts: Starts,
    stop_s: float,
    token: str,
    generator: str,
) -> bytes:
    """Write the modelDescription.xml of one FMU.

    Parameters
    ----------
    version : int
        Of FMI: 2 or 3.
    kind, title : str
        What it is, and the mission's title.
    variables : sequence of Variable
    starts : mapping
        Start values of the inputs; 0 for those that are not in it.
    stop_s : float
        When a flight is over [s].
    token : str
        The guid (2.0) or instantiation token (3.0).
    generator : str
        Who made it.
    """
    write = description_2 if version == 2 else description_3
    root = write(kind, title, variables, starts, stop_s, token, generator)
    xml.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root) + b"\n"


def units(parent: xml.Element) -> None:
    """List the units with what they are in SI."""
    listed = xml.SubElement(parent, "UnitDefinitions")
    for name, exponents in UNITS.items():
        unit = xml.SubElement(listed, "Unit", name=name)
        xml.SubElement(unit, "BaseUnit", {base: str(n) for base, n in exponents.items()})


def number(variable: Variable, value: float) -> str:
    """Write a start value as its type wants it; a double's repr reads back to the bit."""
    if variable.type == "boolean":
        return "true" if value else "false"
    return repr(float(value)) if variable.type == "real" else str(int(value))


def scalars(variables: Sequence[Variable]) -> Iterator[tuple[Variable, str, int, int]]:
    """Return variable, name, reference and place in the vector of each scalar."""
    for v in variables:
        for i in range(v.size):
            yield v, f"{v.name}[{i + 1}]" if v.size > 1 else v.name, v.reference + i, i


def description_2(
    kind: Kind,
    title: str,
    variables: Sequence[Variable],
    starts: Starts,
    stop_s: float,
    token: str,
    generator: str,
) -> xml.Element:
    """Write FMI 2.0: no output feels an input of its own instant, so none depends on any."""
    root = xml.Element(
        "fmiModelDescription",
        fmiVersion="2.0",
        modelName=f"farside_{kind}",
        guid=token,
        description=f"{TITLES[kind]}; {title}",
        generationTool=generator,
        license="MIT",
        variableNamingConvention="structured",
        numberOfEventIndicators="0",
    )
    xml.SubElement(
        root,
        "CoSimulation",
        modelIdentifier=f"farside_{kind}",
        canHandleVariableCommunicationStepSize="false",
        canInterpolateInputs="false",
        canNotUseMemoryManagementFunctions="true",
        canGetAndSetFMUstate="true",
        canSerializeFMUstate="true",
        providesDirectionalDerivative="false",
    )
    units(root)
    log = xml.SubElement(root, "LogCategories")
    xml.SubElement(log, "Category", name="logStatusError", description="why a call was refused")
    xml.SubElement(
        root, "DefaultExperiment", startTime="0.0", stopTime=repr(stop_s), stepSize=STEP_S
    )
    listed = xml.SubElement(root, "ModelVariables")
    outputs = []
    for index, (v, name, reference, i) in enumerate(scalars(variables), 1):
        about = {
            "name": name,
            "valueReference": str(reference),
            "description": v.text,
            "causality": "input" if v.input else "output",
            "variability": "discrete",
        }
        if not v.input:
            about["initial"] = "calculated"
            outputs.append(index)
        scalar = xml.SubElement(listed, "ScalarVariable", about)
        detail = {"unit": v.unit} if v.unit else {}
        if v.input:
            detail["start"] = number(v, starts[v.name][i] if v.name in starts else 0.0)
        xml.SubElement(scalar, TYPES_2[v.type], detail)
    structure = xml.SubElement(root, "ModelStructure")
    for part in ("Outputs", "InitialUnknowns"):
        unknowns = xml.SubElement(structure, part)
        for index in outputs:
            xml.SubElement(unknowns, "Unknown", index=str(index), dependencies="")
    return root


def description_3(
    kind: Kind,
    title: str,
    variables: Sequence[Variable],
    starts: Starts,
    stop_s: float,
    token: str,
    generator: str,
) -> xml.Element:
    """Write FMI 3.0: vectors are variables."""
    root = xml.Element(
        "fmiModelDescription",
        fmiVersion="3.0",
        modelName=f"farside_{kind}",
        instantiationToken=token,
        description=f"{TITLES[kind]}; {title}",
        generationTool=generator,
        license="MIT",
        variableNamingConvention="structured",
    )
    xml.SubElement(
        root,
        "CoSimulation",
        modelIdentifier=f"farside_{kind}",
        canGetAndSetFMUState="true",
        canSerializeFMUState="true",
        canHandleVariableCommunicationStepSize="false",
        fixedInternalStepSize=STEP_S,
    )
    units(root)
    log = xml.SubElement(root, "LogCategories")
    xml.SubElement(log, "Category", name="logStatusError", description="why a call was refused")
    xml.SubElement(
        root, "DefaultExperiment", startTime="0.0", stopTime=repr(stop_s), stepSize=STEP_S
    )
    listed = xml.SubElement(root, "ModelVariables")
    xml.SubElement(
        listed,
        "Float64",
        name="time",
        valueReference=str(TIME_REFERENCE),
        causality="independent",
        variability="continuous",
        unit="s",
        description="since powered-descent initiation, less the start time",
    )
    structure = xml.Element("ModelStructure")
    for v in variables:
        about = {
            "name": v.name,
            "valueReference": str(v.reference),
            "description": v.text,
            "causality": "input" if v.input else "output",
            "variability": "discrete",
        }
        if v.unit:
            about["unit"] = v.unit
        if v.input:
            given = starts.get(v.name, (0.0,) * v.size)
            about["start"] = " ".join(number(v, value) for value in given)
        else:
            about["initial"] = "calculated"
        variable = xml.SubElement(listed, TYPES_3[v.type], about)
        if v.size > 1:
            xml.SubElement(variable, "Dimension", start=str(v.size))
    root.append(structure)
    for part in ("Output", "InitialUnknown"):
        for v in variables:
            if not v.input:
                xml.SubElement(structure, part, valueReference=str(v.reference), dependencies="")
    return root
