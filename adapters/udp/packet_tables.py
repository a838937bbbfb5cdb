"""What the documents say of a packet, from its one definition: byte table, hex dump, dissector.

`python -m farside.adapters.udp.packet_tables` writes it into docs/integrate of the source tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from struct import calcsize

from farside.adapters.udp import packets
from farside.adapters.udp.packets import Field, Kind
from farside.ext.common.errors import FarsideError
from farside.guidance.records import COMMAND_FIELDS, ESTIMATE_FIELDS, record_rows

NAMES = {"d": "f64", "Q": "u64", "q": "i64", "I": "u32", "i": "i32", "H": "u16", "B": "u8"}
LUA = {"d": "double", "Q": "uint64", "q": "int64", "I": "uint32", "i": "int32", "H": "uint16",
       "B": "uint8"}  # fmt: skip
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "integrate"

#: An AIM at a place 12.5 m east and 3 m south of the site, on ground 0.25 m high, final.
EXAMPLE = packets.write(
    Kind.AIM, 0x1122334455667788, 42, 76_419, 12.5, -3.0, 0.25, 0.0, packets.AimFlag.FINAL, 0
)


def placed(fields: tuple[Field, ...], offset: int) -> Iterator[tuple[int, Field]]:
    """Return each field with the byte that it begins at."""
    for field in fields:
        yield offset, field
        offset += calcsize("<" + field.code)


def type_name(code: str) -> str:
    """Return the name of a field's type, such as f64[3]."""
    number, letter = code[:-1], code[-1]
    if letter == "s":
        return f"bytes[{number}]"
    return NAMES[letter] + (f"[{number}]" if number else "")


def parts() -> Iterator[tuple[str, str, tuple[Field, ...], int]]:
    """Return the header and each body: title, prefix of its fields, fields, first byte."""
    yield "Header, 32 bytes", "farside", packets.HEADER_FIELDS, 0
    for kind, fields in packets.LAYOUT.items():
        title = f"{kind.name}, kind {kind.value}, {packets.SIZES[kind]} bytes"
        yield title, f"farside.{kind.name.lower()}", fields, packets.HEADER.size


def byte_table() -> str:
    """Write the table of every byte, in Markdown."""
    lines = []
    for title, _, fields, first in parts():
        lines += [f"**{title}**", "", "| byte | type | name | meaning |", "|---|---|---|---|"]
        for at, field in placed(fields, first):
            lines.append(f"| {at} | {type_name(field.code)} | `{field.name}` | {field.meaning} |")
        lines.append("")
    return "\n".join(lines)


def hex_dump() -> str:
    """Write an example packet byte by byte, each field on lines of its own."""
    lines = []
    fields = [*placed(packets.HEADER_FIELDS, 0)]
    fields += placed(packets.LAYOUT[Kind.AIM], packets.HEADER.size)
    for at, field in fields:
        number, letter = field.code[:-1] or "1", field.code[-1]
        each = 8 if letter == "d" else calcsize("<" + field.code)
        for i in range(int(number) if letter == "d" else 1):
            raw = EXAMPLE[at + each * i : at + each * (i + 1)].hex(" ")
            name = field.name if number == "1" or letter == "s" else f"{field.name}[{i}]"
            lines.append(f"{at + each * i:04x}  {raw:24}  {name}")
    return "\n".join(lines) + "\n"


def lua_fields() -> str:
    """Write the dissector's table: first byte, size, type and name of every number."""
    lines = []
    for title, prefix, fields, first in parts():
        lines.append(f"  -- {title}")
        for at, field in placed(fields, first):
            number, letter = field.code[:-1] or "1", field.code[-1]
            if letter == "s":
                lines.append(f'  {{"{prefix}", {at}, {number}, "bytes", "{field.name}"}},')
                continue
            each = calcsize("<" + letter)
            for i in range(int(number)):
                name = field.name if number == "1" else f"{field.name}_{i}"
                where = f'"{prefix}", {at + each * i}, {each}'
                lines.append(f'  {{{where}, "{LUA[letter]}", "{name}"}},')
    return "\n".join(lines) + "\n"


def lua_words() -> str:
    """Write the dissector's names of kinds and codes."""
    kinds = ", ".join(f'[{kind.value}] = "{kind.name}"' for kind in Kind)
    codes = ", ".join(f'[{code.value}] = "{code.name}"' for code in packets.Code)
    return f"local kinds = {{{kinds}}}\nlocal codes = {{{codes}}}\n"


def filled(text: str, name: str, content: str) -> str:
    """Put content between the marks `made: NAME` and `end: NAME` of a text."""
    pattern = re.compile(rf"(made: {name}\b[^\n]*\n).*?([^\n]*end: {name}\b)", re.DOTALL)
    done, n = pattern.subn(lambda m: m[1] + content + m[2], text)
    if n != 1:
        raise FarsideError(f"{n} places for {name}, not one")
    return done


def documents() -> dict[Path, str]:
    """Return the documents as they should be, by path."""
    page, dissector = FOLDER / "udp.md", FOLDER / "farside.lua"
    text = filled(page.read_text(), "bytes", "\n" + byte_table())
    text = filled(text, "dump", "\n```text\n" + hex_dump() + "```\n\n")
    code = filled(dissector.read_text(), "words", lua_words())
    c_page = FOLDER / "c.md"
    records = filled(c_page.read_text(), "estimate", "\n" + record_rows(ESTIMATE_FIELDS) + "\n")
    records = filled(records, "command", "\n" + record_rows(COMMAND_FIELDS) + "\n")
    return {
        page: text,
        dissector: filled(code, "fields", lua_fields()),
        c_page: records,
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
