"""What staff are told, and a draft impact assessment, from an organisation's consent entry: as Markdown and as Word.

The words are in the templates beside this file; who agreed to what is in the register.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Sequence
from pathlib import Path

from docx import Document
from docx.document import Document as Word
from docx.text.paragraph import Paragraph
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from results.schema import Organisation
from scenarios.programme import Programme

NOTICES = ("staff-notice", "dpia")

_ANSWERED: dict[str, str] = {
    "phone": "the telephone",
    "email": "e-mails",
    "web": "for the website",
    "visit": "at the counter",
    "letter": "letters",
    "form": "web forms",
    "chat": "web chat",
}
_PIECES = re.compile(r"(\*\*[^*]+\*\*)")
_CELLS = re.compile(r"(?<!\\)\|")


def markdown(name: str, organisation: Organisation, programme: Programme, today: dt.date) -> str:
    """One of `NOTICES` as Markdown. Raises `ValueError` for an organisation without a consent entry."""
    if organisation.consent is None:
        raise ValueError(f"{organisation.id} has no consent entry")
    loader = FileSystemLoader(Path(__file__).parent)
    found = Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - it is no HTML
    found.filters["day"] = lambda day: f"{day.day} {day:%B %Y}"
    found.filters["cell"] = lambda text: text.replace("|", "\\|")
    channels = [_ANSWERED[one] for one in organisation.consent.channels if one != "web"]
    text = found.get_template(f"{name}.md.j2").render(
        organisation=organisation,
        consent=organisation.consent,
        partnership=programme.partnership,
        contact=programme.contact,
        retention=programme.retention,
        ways=_listed(channels) or "customers",
        today=found.filters["day"](today),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def word(text: str) -> bytes:
    """Markdown as a Word document: headings, paragraphs, bullets, tables and bold words; that is all it knows."""
    document = Document()
    table: list[Sequence[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip().replace("\\|", "|") for cell in _CELLS.split(line.strip().strip("|"))]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                table.append(cells)
            continue
        if table:
            _tabulate(document, table)
            table = []
        if line.startswith("#"):
            document.add_heading(line.lstrip("# "), level=len(line) - len(line.lstrip("#")))
        elif line.startswith("- "):
            _write(document.add_paragraph(style="List Bullet"), line[2:])
        elif line.strip():
            _write(document.add_paragraph(), line)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _tabulate(document: Word, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=max(map(len, rows)), style="Table Grid")
    for at, row in enumerate(rows):
        for place, text in enumerate(row):
            paragraph = table.cell(at, place).paragraphs[0]
            _write(paragraph, f"**{text}**" if at == 0 and text else text)
    document.add_paragraph()


def _write(paragraph: Paragraph, text: str) -> None:
    for piece in _PIECES.split(text.replace("`", "")):
        bold = piece.startswith("**") and piece.endswith("**") and len(piece) > 4
        paragraph.add_run(piece[2:-2] if bold else piece).bold = bold


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
