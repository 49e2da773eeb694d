"""The lines of the journal: made, checked and read back.

``A reference token crc json`` is a record, ``S reference - crc`` says that it is settled. The
checksum goes over all that stands beside it.
"""

import contextlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .record import Record


@dataclass(slots=True)
class Segment:
    """One process's view of a file of lines; `open` maps unsettled references to their lines."""

    path: Path
    read_to: int = 0
    open: dict[str, tuple[int, int]] = field(default_factory=dict)


def line_of(kind: str, reference: str, token: str, text: str) -> bytes:
    return f"{kind} {reference} {token} {_sum(kind, reference, token, text):08x} {text}\n".encode()


def parts_of(line: bytes) -> tuple[str, str, str, str, str] | None:
    """(kind, reference, token, checksum, json) of a whole line; None when it is broken."""
    try:
        kind, reference, token, checksum, text = line.decode().rstrip("\n").split(" ", 4)
        is_whole = int(checksum, 16) == _sum(kind, reference, token, text)
    except ValueError:
        return None
    return (kind, reference, token, checksum, text) if is_whole else None


def records_of(segment: Segment) -> Iterator[Record]:
    """The unsettled records of a segment; none when it is gone."""
    with contextlib.suppress(FileNotFoundError), segment.path.open("rb") as file:
        for start, length in segment.open.values():
            file.seek(start)
            if (parts := parts_of(file.read(length))) and (record := _read(parts[4])):
                yield record


def find_in(data: bytes, token: str) -> Record | None:
    """The unsettled record with this token among the lines of a segment."""
    if f" {token} ".encode() not in data:
        return None
    lines = [parts for line in data.splitlines() if (parts := parts_of(line))]
    settled = {parts[1] for parts in lines if parts[0] == "S"}
    for kind, reference, given, _checksum, text in lines:
        if kind == "A" and given == token and reference not in settled:
            return _read(text)
    return None


def write_all(descriptor: int, data: bytes) -> None:
    """All of it, or an OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(text: str) -> Record | None:
    """The record, or None for what another version of the program wrote."""
    try:
        return Record.from_json(text)
    except (ValueError, KeyError, TypeError):
        return None


def _sum(*parts: str) -> int:
    return zlib.crc32("".join(parts).encode())
