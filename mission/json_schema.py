"""The schema of the mission file as JSON Schema (draft 2020-12), for the completion of editors.

It holds what one value can be seen to break: unknown keys, types, ranges, choices, lengths, and the
keys that a law, an exit or a distribution takes. Rules between values are left to `mission check`.
A file that is like another need not be whole, so a table's keys and those it needs are apart:
`$defs` has each table twice, `Engine` with its keys and `Engine.whole` with what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, get_args, get_origin

from farside.mission.bounds import Doc, Moment, Pattern, Printable, Within
from farside.mission.describe import (
    default_shown,
    doc_of,
    inner_type,
    rules_of,
    said_of,
    source_shown,
)
from farside.mission.failure import OneOf
from farside.mission.like import Like
from farside.mission.reader import LARGEST, FieldSpec, Key, Table, schema_of
from farside.mission.schema import Mission
from farside.mission.units import symbol_of
from farside.mission.writer import in_plain

Schema = dict[str, Any]

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, str] = {int: "integer", str: "string", bool: "boolean"}


def mission_json_schema() -> Schema:
    """Return the JSON schema of mission files, draft 2020-12.

    Returns
    -------
    dict
        Of plain values. A file with `like` needs its name alone, one without it must be whole.

    Examples
    --------
    >>> schema = mission_json_schema()
    >>> schema["$defs"]["Engine"]["properties"]["isp_s"]["exclusiveMinimum"]
    0.0
    """
    defs: dict[str, Schema] = {}
    _reference(Mission, defs, whole=True)
    own = _properties(Like, defs)
    return {
        "$schema": DRAFT,
        "title": "A mission file of farside",
        "description": said_of(Mission),
        "type": "object",
        "properties": own | defs["Mission"]["properties"],
        "additionalProperties": False,
        "required": ["name"],
        "if": {"required": ["like"]},
        "then": {},
        "else": {"$ref": "#/$defs/Mission.whole"},
        "$defs": dict(sorted(defs.items())),
    }


def _reference(kind: type[Table], defs: dict[str, Schema], whole: bool) -> Schema:
    """Return a reference to a table, put among the definitions when it is first met."""
    name = kind.__name__
    if name not in defs:
        defs[name] = {}  # met, so that a circle ends
        defs[name] = {
            "type": "object",
            "description": said_of(kind),
            "properties": _properties(kind, defs),
            "additionalProperties": False,
        }
        defs[f"{name}.whole"] = _whole(kind, defs)
    ending = ".whole" if whole else ""
    return {"$ref": f"#/$defs/{name}{ending}"}


def _properties(kind: type[Table], defs: dict[str, Schema]) -> dict[str, Schema]:
    """Return the keys of a table, each with its type, range, meaning and default."""
    made = {name: _key(kind, name, entry, defs) for name, entry in schema_of(kind).items()}
    if kind.presets:
        said = f"takes the keys of a class: {', '.join(kind.presets)}"
        made["like"] = {"enum": sorted(kind.presets), "description": said}
    return made


def _key(kind: type[Table], name: str, entry: Key, defs: dict[str, Schema]) -> Schema:
    made = _value(entry.hint, defs)
    doc = doc_of(entry.hint)
    if doc is None:
        return made
    source = source_shown(kind, name, entry)
    unit = "kg" if kind.__name__ == "Stack" else symbol_of(name)
    said = doc.meaning + (f" [{unit}]" if unit else "")
    made["description"] = said + (f"; from: {source}" if source else "")
    default = in_plain(entry.default) if default_shown(kind, name, entry) else None
    if default is not None and default != math.inf:
        made["default"] = default
    return made


def _value(hint: Any, defs: dict[str, Schema]) -> Schema:
    """Return what a value of an annotation may be."""
    kind = inner_type(hint)
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if get_origin(kind) is tuple:
        return _array(get_args(kind), defs)
    if isinstance(kind, type) and issubclass(kind, Table):
        table = _reference(kind, defs, whole=False)
        if not kind.shorthand:
            return table
        return {"anyOf": [_value(schema_of(kind)[kind.shorthand].hint, defs), table]}
    if kind is float:
        made: Schema = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    else:
        made = {"type": _PLAIN[kind]}
    for rule in rules_of(hint):
        if not isinstance(rule, Doc):
            made |= _ruled(rule)
    return made


def _array(parts: tuple[Any, ...], defs: dict[str, Schema]) -> Schema:
    """Return an array of one kind: open, or of as many elements as there are parts."""
    kind = inner_type(parts[0])
    if isinstance(kind, type) and issubclass(kind, Table):
        return {"type": "array", "items": _reference(kind, defs, whole=True)}
    made: Schema = {"type": "array", "items": _value(parts[0], defs)}
    if parts[-1] is not Ellipsis:
        made |= {"minItems": len(parts), "maxItems": len(parts)}
    return made


def _ruled(rule: object) -> Schema:
    """Return what of a rule for one value JSON Schema can hold."""
    if isinstance(rule, Within):
        ends = {
            "exclusiveMinimum": rule.above,
            "exclusiveMaximum": rule.below,
            "minimum": rule.least,
            "maximum": rule.most,
        }
        return {word: end for word, end in ends.items() if math.isfinite(end)}
    if isinstance(rule, Pattern):
        return {"pattern": f"^(?:{rule.pattern})$"}
    if isinstance(rule, OneOf):
        return {"enum": list(rule.names)}
    if isinstance(rule, Printable):
        return {"minLength": 1, "maxLength": rule.longest, "pattern": r"^[^\x00-\x1f\x7f]*$"}
    if isinstance(rule, Moment):
        return {"pattern": r"^(19|20|21)\d\d.*Z$"}
    return {}


def _whole(kind: type[Table], defs: dict[str, Schema]) -> Schema:
    """Return what a table must have that is not merged with another's."""
    made: Schema = {"allOf": [{"$ref": f"#/$defs/{kind.__name__}"}, *_choices(kind)]}
    needed = [name for name, entry in schema_of(kind).items() if entry.required]
    if needed:
        made["required"] = needed
    inner = {}
    for name, entry in schema_of(kind).items():
        part = inner_type(entry.hint)
        if isinstance(part, type) and issubclass(part, Table):
            whole = _reference(part, defs, whole=True)
            inner[name] = {"if": {"type": "object"}, "then": whole} if part.shorthand else whole
    if inner:
        made["properties"] = inner
    return made


def _choices(kind: type[Table]) -> Iterator[Schema]:
    """Yield what each choice of a selector needs, and the keys that it does not take."""
    for selector, rows in kind.selectors.items():
        others = [takes for key, row in kind.selectors.items() if key != selector
                  for takes in row.values()]  # fmt: skip
        free = {key for takes in others for key in _taken(takes)}
        ruled = {key for takes in rows.values() for key in _taken(takes)} - free
        standing = schema_of(kind)[selector].field.default
        for choice, takes in rows.items():
            chosen: Schema = {"properties": {selector: {"const": choice}}}
            if choice != standing:
                chosen["required"] = [selector]
            refused = sorted(ruled - set(_taken(takes)))
            then: Schema = {"properties": dict.fromkeys(refused, False)} if refused else {}
            if takes.needs:
                then["required"] = list(takes.needs)
            if then:
                yield {"if": chosen, "then": then}


def _taken(takes: FieldSpec) -> tuple[str, ...]:
    return takes.needs + takes.may_have
