"""Reads a PDF from standard input and writes what it says of itself as JSON. Run as a program of its own.

A PDF is a program in the hands of a stranger: whatever it makes the parser do ends with this process, which may use so
much processor time and memory and no more.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from typing import Any

MOST_SECONDS = 8  # of processor time
MOST_MEMORY = 1_000_000_000  # bytes of addresses
PAGES_LOOKED_AT = 3  # for text


def limit() -> None:
    """Hold this process to its limits, where the system knows such limits."""
    try:
        import resource
    except ImportError:  # Windows: the time limit of whoever waits remains
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def facts(content: bytes) -> dict[str, Any]:
    """What a PDF says of itself: tagged, title, language, number of pages, whether its first pages hold text."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"problem": "it asks for a password"}
    root = reader.root_object
    marked = root.get("/MarkInfo")
    marked = marked.get_object() if marked is not None else {}
    told = reader.metadata.title if reader.metadata is not None else None
    return {
        "tagged": bool(marked.get("/Marked")) and "/StructTreeRoot" in root,
        "title": str(told or _xmp_title(reader) or "").strip()[:300],
        "language": str(root.get("/Lang") or "").strip()[:40],
        "pages": len(reader.pages),
        "text": any(any(map(str.isalnum, page.extract_text())) for page in reader.pages[:PAGES_LOOKED_AT]),
    }


def _xmp_title(reader: Any) -> str:  # noqa: ANN401 - pypdf is imported when the limits hold
    try:
        xmp = reader.xmp_metadata
        return next(iter((xmp.dc_title or {}).values()), "") if xmp is not None else ""
    except Exception:  # whatever its XML is, it is no title
        return ""


def main() -> None:
    """Read, and write one line of JSON: the facts, or the `problem`."""
    limit()
    logging.disable()
    warnings.simplefilter("ignore")
    try:
        told = facts(sys.stdin.buffer.read())
    except Exception as error:  # a parser of hostile files raises whatever it likes
        told = {"problem": f"it could not be read ({type(error).__name__})"}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
