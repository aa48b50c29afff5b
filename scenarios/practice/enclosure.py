"""A letter on paper: text as a PDF of one A4 page, in the few objects that a valid one needs. Pure.

Which replies enclose one is the councils' files' matter.
"""

from __future__ import annotations

from textwrap import wrap

_ACROSS, _DOWN = 88, 50  # characters and lines that fit on the page at 11 points


def pdf(text: str) -> bytes:
    """The text as a PDF (ISO 32000-1, 7.5); what does not fit on the page is cut, what Latin-1 lacks is a "?"."""
    lines = [line for paragraph in text.splitlines() for line in wrap(paragraph, _ACROSS) or [""]][:_DOWN]
    shown = " T*\n".join(f"({_escaped(line)}) Tj" for line in lines)
    drawn = f"BT /F1 11 Tf 14 TL 56 770 Td\n{shown}\nET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(content))
    )


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
