"""modelDescription.xml for FMI 2.0 and 3.0."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as xml

from farside.adapters.fmi.variables import TIME_REFERENCE, UNITS, Kind, Variable
from farside.ext.common._records import TICK_S

#: Start values of the inputs by name: floats, or one of them for a scalar.
Starts = Mapping[str, Sequence[float]]

TITLES = {
    "autopilot": "Farside autopilot: guidance and control of a lunar landing",
    "lander": "Farside lander: truth, sensors and navigation of a lunar lander",
    "avoidance": "Farside hazard avoidance: lidar points in, ranked sites and the decision out",
    "navigation": "Farside navigator: measurements in, estimate, covariance and health out",
}
STEP_S = repr(TICK_S)
TYPES_2 = {"real": "Real", "integer": "Integer", "boolean": "Boolean"}
TYPES_3 = {"real": "Float64", "integer": "Int32", "boolean": "Boolean"}


@dataclass(frozen=True)
class Model:
    """What an FMU's description says.

    Parameters
    ----------
    kind, title : str
        What it is, and the mission's title.
    variables : sequence of Variable
    starts : mapping
        Start values of the inputs; 0 for those that are not in it.
    stop_s : float
        When a flight is over [s].
    generator : str
        Which farside made it.
    """

    kind: Kind
    title: str
    variables: Sequence[Variable]
    starts: Starts
    stop_s: float
    generator: str


def description(version: int, model: Model, token: str) -> bytes:
    """Write the modelDescription.xml of one FMU.

    Parameters
    ----------
    version : int
        Of FMI: 2 or 3.
    model : Model
    token : str
        The guid (2.0) or instantiation token (3.0).
    """
    root = description_2(model, token) if version == 2 else description_3(model, token)
    xml.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root) + b"\n"


def units(parent: xml.Element) -> None:
    """List the units with what they are in SI."""
    listed = xml.SubElement(parent, "UnitDefinitions")
    for name, exponents in UNITS.items():
        unit = xml.SubElement(listed, "Unit", name=name)
        xml.SubElement(unit, "BaseUnit", {base: repr(n) for base, n in exponents.items()})


def number(variable: Variable, value: float) -> str:
    """Write a start value as its type wants it; a double's repr reads back to the bit."""
    if variable.type == "boolean":
        return "true" if value else "false"
    if variable.type == "integer":
        return str(int(value))
    return repr(float(value)) if value == value else "NaN"


def scalars(variables: Sequence[Variable]) -> Iterator[tuple[Variable, str, int, int]]:
    """Return variable, name, reference and place in the vector of each scalar."""
    for v in variables:
        for i in range(v.size):
            yield v, f"{v.name}[{i + 1}]" if v.size > 1 else v.name, v.reference + i, i


def root_element(version: str, model: Model, **of_version: str) -> xml.Element:
    """Begin a description with what both versions say."""
    return xml.Element(
        "fmiModelDescription",
        fmiVersion=version,
        modelName=f"farside_{model.kind}",
        description=f"{TITLES[model.kind]}; {model.title}",
        generationTool=model.generator,
        license="MIT",
        variableNamingConvention="structured",
        attrib={},
        **of_version,
    )


def add_experiment(root: xml.Element, model: Model) -> None:
    """Add units, categories of the log and the experiment."""
    units(root)
    log = xml.SubElement(root, "LogCategories")
    xml.SubElement(log, "Category", name="logStatusError", description="why a call was refused")
    xml.SubElement(
        root,
        "DefaultExperiment",
        startTime="0.0",
        stopTime=repr(model.stop_s),
        stepSize=STEP_S,
    )


def about(v: Variable, name: str, reference: int) -> dict[str, str]:
    """Return what both versions say of a variable."""
    said = {
        "name": name,
        "valueReference": str(reference),
        "description": v.text,
        "causality": "parameter" if v.parameter else "input" if v.input else "output",
        "variability": v.parameter or "discrete",
    }
    if not v.input:
        said["initial"] = "exact" if v.parameter else "calculated"
    return said


def typed(v: Variable) -> dict[str, str]:
    """Return what stands with a variable's type: its unit, and a parameter's range."""
    said = {"unit": v.unit} if v.unit and v.type == "real" else {}
    if v.least > -math.inf:
        said["min"] = number(v, v.least)
    if v.most < math.inf:
        said["max"] = number(v, v.most)
    return said


def is_output(v: Variable) -> bool:
    """Return whether a variable is calculated."""
    return not v.input and not v.parameter


def description_2(model: Model, token: str) -> xml.Element:
    """Write FMI 2.0: no output feels an input of its own instant, so none depends on any."""
    root = root_element("2.0", model, guid=token, numberOfEventIndicators="0")
    xml.SubElement(
        root,
        "CoSimulation",
        modelIdentifier=f"farside_{model.kind}",
        canHandleVariableCommunicationStepSize="false",
        canInterpolateInputs="false",
        canNotUseMemoryManagementFunctions="true",
        canGetAndSetFMUstate="true",
        canSerializeFMUstate="true",
        providesDirectionalDerivative="false",
    )
    add_experiment(root, model)
    listed = xml.SubElement(root, "ModelVariables")
    outputs = []
    for index, (v, name, reference, i) in enumerate(scalars(model.variables), 1):
        detail = typed(v)
        if is_output(v):
            outputs.append(index)
        else:
            detail["start"] = number(v, model.starts[v.name][i] if v.name in model.starts else 0.0)
        scalar = xml.SubElement(listed, "ScalarVariable", about(v, name, reference))
        xml.SubElement(scalar, TYPES_2[v.type], detail)
    structure = xml.SubElement(root, "ModelStructure")
    # What is put out before the first step may depend on parameters.
    for part, known in (("Outputs", {"dependencies": ""}), ("InitialUnknowns", {})):
        unknowns = xml.SubElement(structure, part)
        for index in outputs:
            xml.SubElement(unknowns, "Unknown", {"index": str(index), **known})
    return root


def description_3(model: Model, token: str) -> xml.Element:
    """Write FMI 3.0: vectors are variables."""
    root = root_element("3.0", model, instantiationToken=token)
    xml.SubElement(
        root,
        "CoSimulation",
        modelIdentifier=f"farside_{model.kind}",
        canGetAndSetFMUState="true",
        canSerializeFMUState="true",
        canHandleVariableCommunicationStepSize="false",
        fixedInternalStepSize=STEP_S,
    )
    add_experiment(root, model)
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
    for v in model.variables:
        attributes = about(v, v.name, v.reference) | typed(v)
        if not is_output(v):
            # one value of an array is that of all its elements
            given = model.starts.get(v.name, (0.0,) * (1 if v.shape else v.size))
            attributes["start"] = " ".join(number(v, value) for value in given)
        variable = xml.SubElement(listed, TYPES_3[v.type], attributes)
        for count in v.shape or ((v.size,) if v.size > 1 else ()):
            xml.SubElement(variable, "Dimension", start=str(count))
    structure = xml.SubElement(root, "ModelStructure")
    for part, known in (("Output", {"dependencies": ""}), ("InitialUnknown", {})):
        for v in filter(is_output, model.variables):
            xml.SubElement(structure, part, {"valueReference": str(v.reference), **known})
    return root
