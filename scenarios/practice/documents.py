"""The PDFs of a practice council's website, made from its file: with tags, title and language, or without."""

from __future__ import annotations

import io

from pypdf import PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, StreamObject, TextStringObject

PATHS = {"/downloads/annual-report-2026.pdf": "Annual report 2026", "/downloads/council-plan.pdf": "Council plan"}


def pdf(title: str, *, accessible: bool) -> bytes:
    """A PDF of one page, exported with care or without."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=595, height=842)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    helvetica = writer._add_object(DictionaryObject({NameObject(key): NameObject(font[key]) for key in font}))
    fonts = DictionaryObject({NameObject("/F1"): helvetica})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    text = StreamObject()
    text.set_data(f"BT /F1 18 Tf 72 720 Td ({title}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(text)
    if accessible:
        root = writer.root_object
        root[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
        tags = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
        root[NameObject("/StructTreeRoot")] = writer._add_object(tags)
        root[NameObject("/Lang")] = TextStringObject("en-GB")
        writer.add_metadata({"/Title": title})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
