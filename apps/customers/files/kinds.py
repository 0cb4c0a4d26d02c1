"""What a file is, by its content. No Django here.

Only what stands in `KINDS` is filed: pictures, PDF, office documents without macros, plain text.
What a browser or a desktop could run is none of them: programs, scripts, HTML, SVG, archives.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import filetype

# `filetype` looks at no more than that.
HEAD = 8192
CHUNK = 1 << 20
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@dataclass(frozen=True)
class Kind:
    """A content type, with the endings that fit it; the first is put on where none of them is."""

    content_type: str
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
KINDS = {
    kind.content_type: kind
    for kind in (
        Kind("application/pdf", ("pdf",)),
        Kind("image/jpeg", ("jpg", "jpeg", "jfif")),
        Kind("image/png", ("png",)),
        Kind("image/gif", ("gif",)),
        Kind("image/webp", ("webp",)),
        Kind("image/tiff", ("tif", "tiff")),
        Kind("image/bmp", ("bmp",)),
        Kind("image/heic", ("heic", "heif")),
        Kind(f"{_OFFICE}wordprocessingml.document", ("docx",)),
        Kind(f"{_OFFICE}spreadsheetml.sheet", ("xlsx",)),
        Kind(f"{_OFFICE}presentationml.presentation", ("pptx",)),
        Kind(f"{_OPEN}text", ("odt",)),
        Kind(f"{_OPEN}spreadsheet", ("ods",)),
        Kind(f"{_OPEN}presentation", ("odp",)),
        Kind("application/msword", ("doc",)),
        Kind("application/vnd.ms-excel", ("xls",)),
        Kind("application/vnd.ms-powerpoint", ("ppt",)),
        Kind("text/csv", ("csv",)),
        Kind("text/plain", ("txt", "text", "log", "md")),
    )
}
PICTURES = frozenset(one for one in KINDS if one.startswith("image/"))
# Streams inside an old office file, by which it is told from an installer of the same container.
_OLE_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_OLE_MACROS = ("_VBA_PROJECT", "VBA_PROJECT_CUR")
_FOLDERS = {
    "word/": f"{_OFFICE}wordprocessingml.document",
    "xl/": f"{_OFFICE}spreadsheetml.sheet",
    "ppt/": f"{_OFFICE}presentationml.presentation",
}
# Anywhere in the beginning of a text they make a browser or a shell take it for something to run.
_RUNS = (
    b"<!doctype html",
    b"<html",
    b"<script",
    b"<svg",
    b"<iframe",
    b"<body",
    b"<object",
    b"<?php",
)
# No text has them; tab, line ends, form feed and escape do occur.
_BINARY = bytes(set(range(32)) - {9, 10, 12, 13, 27})


def kind_of_content(file: IO[bytes], name: str) -> Kind | None:
    """What the file is; None for what isn't filed. Reads it in pieces, and leaves it at its start.

    `name` decides between texts only (CSV or plain), which nothing in the content tells apart.
    """
    try:
        file.seek(0)
        head = file.read(HEAD)
        return KINDS.get(_content_type(file, head, name))
    finally:
        file.seek(0)


def _content_type(file: IO[bytes], head: bytes, name: str) -> str:
    if _is_named_text(name) and head.translate(None, _BINARY) == head:
        # Before the others: a letter that begins with “BM” is no bitmap.
        return _of_text(file, head, name)
    if head.startswith(b"PK"):
        return _of_archive(file)
    if head.startswith(OLE):
        return _of_ole(file)
    found = filetype.guess(head)
    if found is not None:
        return found.mime if found.mime in PICTURES or found.mime == "application/pdf" else ""
    return _of_text(file, head, name)


def _of_archive(file: IO[bytes]) -> str:
    """An office document; its list of parts is read, nothing is unpacked but the name of its type."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if any(_is_program(name) for name in names):
                return ""
            if "mimetype" in names:
                with archive.open("mimetype") as told:
                    return told.read(100).decode("ascii", "replace").strip()
            if "[Content_Types].xml" not in names:
                return ""
            return next((_FOLDERS[one] for one in _FOLDERS if _has(names, one)), "")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return ""


def _is_program(name: str) -> bool:
    """Macros of either kind of office document, and programs inside."""
    is_basic = name.startswith(("Basic/", "Scripts/"))
    return is_basic or name.lower().endswith(("vbaproject.bin", ".exe", ".js", ".dll", ".vbs"))


def _has(names: list[str], folder: str) -> bool:
    return any(name.startswith(folder) for name in names)


def _of_ole(file: IO[bytes]) -> str:
    """Old Word, Excel or PowerPoint without macros. Names of streams are written in UTF-16."""
    found = ""
    for piece in _pieces(file):
        if any(word.encode("utf-16-le") in piece for word in _OLE_MACROS):
            return ""
        for stream, content_type in _OLE_STREAMS.items():
            # With the NUL that ends a name: “Book” is no part of “Bookmarks”.
            if not found and f"{stream}\0".encode("utf-16-le") in piece:
                found = content_type
    return found


def _of_text(file: IO[bytes], head: bytes, name: str) -> str:
    """Plain text in any of the usual encodings, named as one."""
    start = head.lower()
    if start.startswith(b"#!") or any(mark in start for mark in _RUNS):
        return ""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        wide = head[: len(head) // 2 * 2].decode("utf-16", "ignore").lower()
        if any(mark.decode() in wide for mark in _RUNS):
            return ""
    elif any(piece.translate(None, _BINARY) != piece for piece in _pieces(file)):
        return ""
    ending = ending_of(name)
    return next((one.content_type for one in _texts() if ending in one.endings), "")


def _texts() -> Iterator[Kind]:
    return (one for one in KINDS.values() if one.content_type.startswith("text/"))


def _is_named_text(name: str) -> bool:
    return any(ending_of(name) in one.endings for one in _texts())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The whole file, each piece with the end of the one before: nothing hides at a seam."""
    file.seek(0)
    before = b""
    while piece := file.read(CHUNK):
        yield before + piece
        before = piece[-64:]


def ending_of(name: str) -> str:
    """The last ending of a name, in small letters, without its dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""
