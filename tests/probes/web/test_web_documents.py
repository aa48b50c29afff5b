"""PDFs are read for their tags, title and language, and a hostile one harms nobody."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, StreamObject, TextStringObject

from probes.guard import Guard
from probes.web import documents, pdf_facts
from probes.web.body import LARGEST_DOCUMENT
from probes.web.crawl import Crawler, client
from probes.web.documents import Pdf, look_into
from results.schema import Why
from tests.probes.web.hostile import says, site_of, trap
from tests.probes.web.house import Clock, Ledger, missing, organisation, page, site


def pdf(*, tagged: bool = True, title: str = "Budget book", language: str = "en-GB", text: bool = True) -> bytes:
    """A PDF of one page."""
    writer = PdfWriter()
    one = writer.add_blank_page(width=200, height=200)
    if text:
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(named)})
        one[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = StreamObject()
        stream.set_data(b"BT /F1 12 Tf 20 100 Td (What the council spends) Tj ET")
        one[NameObject("/Contents")] = writer._add_object(stream)
    if tagged:
        writer.root_object[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
        root = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
        writer.root_object[NameObject("/StructTreeRoot")] = writer._add_object(root)
    if language:
        writer.root_object[NameObject("/Lang")] = TextStringObject(language)
    if title:
        writer.add_metadata({"/Title": title})
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_what_a_pdf_says_of_itself_is_read() -> None:
    assert Pdf(**pdf_facts.facts(pdf())) == Pdf(True, "Budget book", "en-GB", 1, True)


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (pdf(), ()),
        (pdf(tagged=False), ("tags",)),
        (pdf(language=""), ("language",)),
        (pdf(title=""), ("title",)),
        (pdf(title="Budget book final v3.docx"), ("title",)),
        (pdf(title="Microsoft Word - Budget book"), ("title",)),
        (pdf(tagged=False, title="", language=""), ("tags", "title", "language")),
    ],
)
def test_what_a_pdf_lacks_is_named(content: bytes, missing: tuple[str, ...]) -> None:
    assert Pdf(**pdf_facts.facts(content)).missing == missing


def test_a_scan_without_text_is_told() -> None:
    scan = Pdf(**pdf_facts.facts(pdf(text=False)))
    reading = documents.read(documents.links(site("<a href=/a.pdf>Plan</a>")), {"http://council.test/a.pdf": scan})

    assert any("holds no text, as of a scan" in note for note in reading.notes)


# ------------------------------------------------------------------------------------------------ a process apart


async def test_a_pdf_is_read_in_a_process_of_its_own() -> None:
    assert await look_into(pdf()) == Pdf(True, "Budget book", "en-GB", 1, True)


def bomb() -> bytes:
    """Its page unpacks to eighty megabytes."""
    packed = zlib.compress(b" " * 81_000_000, 9)
    whole = pdf().replace(b"BT /F1 12 Tf 20 100 Td (What the council spends) Tj ET", packed)
    return whole.replace(b"/Length 54", b"/Length %d /Filter /FlateDecode" % len(packed))


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n" + b"\xff" * 10_000, pdf()[:300], b"%PDF-1.4\n" + b"[" * 200_000 + b"\n%%EOF"]
)
async def test_a_file_that_is_no_pdf_is_not_judged(content: bytes) -> None:
    assert (await look_into(content)).problem


async def test_a_pdf_that_unpacks_without_end_is_not_judged_by_its_text() -> None:
    assert not (await look_into(bomb())).text


@pytest.mark.parametrize(
    "harm",
    [
        "while True: pass",
        "import sys; sys.path.insert(0, {here!r}); import pdf_facts; pdf_facts.limit(); bytes(2 * 10**9)",
        "print('[' * 10**6)",
        "import os; os.abort()",
    ],
)
async def test_whatever_a_pdf_makes_of_the_parser_ends_with_its_process(
    harm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "harm.py"
    program.write_text(harm.format(here=str(Path(pdf_facts.__file__).parent)))
    monkeypatch.setattr(documents, "_PROGRAM", program)
    monkeypatch.setattr(documents, "_SECONDS", 2.0)

    assert "sensible time" in (await look_into(pdf())).problem


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    "link",
    [
        "<a href=/a.pdf>Budget book (PDF, 120kB)</a>",
        "<p><a href=/a.pdf>Budget book</a> <span>PDF, 120KB, 12 pages</span></p>",
        "<li><a href=/a.pdf>Budget book</a> [pdf] 120KB</li>",
        "<a href=/a.pdf title='Opens a PDF'>Budget book</a>",
        "<a href=/a.pdf>Budget book <img src=i alt='PDF file'></a>",
        "<a href=/a.pdf type=application/pdf>budget.pdf</a>",
    ],
)
def test_a_link_that_says_it_leads_to_a_pdf_is_well(link: str) -> None:
    assert [one.told for one in documents.links(site(link))] == [True]


@pytest.mark.parametrize(
    "link", ["<a href=/a.pdf>Budget book</a>", "<p><a href=/a.pdf type=application/pdf>Budget book</a>, 2026</p>"]
)
def test_a_link_that_does_not_say_so_is_told(link: str) -> None:
    reading = documents.read(documents.links(site(link)), {})

    assert reading.facts["web.pdf.told"] == 0
    assert reading.notes == ("of 1 links to PDFs 1 do not say so, such as 'Budget book' on http://council.test/",)


def test_the_newest_are_looked_into_and_of_those_the_nearest_home() -> None:
    council = site(
        "<a href=/plan-2019.pdf>p</a><a href=/form.pdf>f</a><a href=/gone-2026.pdf>g</a><a href=http://x.uk/a.pdf>x</a>",
        page("/a", "<a href=/docs/2025/b.pdf>b</a><a href=/c.pdf>Accounts 2025/26</a>"),
        missing("/gone-2026.pdf"),
    )

    sampled = documents.sample(council, documents.links(council))

    assert [url.removeprefix("http://council.test/") for url in sampled] == [
        "docs/2025/b.pdf",
        "c.pdf",
        "plan-2019.pdf",
    ]


def test_without_a_pdf_nothing_is_asked() -> None:
    assert documents.read((), {}).unknown["a11y.pdf"][0] is Why.NOT_APPLICABLE


def test_a_pdf_that_could_not_be_read_does_not_count() -> None:
    linked = documents.links(site("<a href=/a.pdf>a</a><a href=/b.pdf>b</a>"))
    good = Pdf(True, "Budget", "en", 3, True)

    half = documents.read(linked, {linked[0].url: Pdf(problem="it asks for a password"), linked[1].url: good})
    none = documents.read(linked, {linked[0].url: None})

    assert half.facts["a11y.pdf"] == 100
    assert none.unknown["a11y.pdf"] == (Why.PROBE_FAULT, "none of the PDFs sampled could be read")


@pytest.mark.parametrize(
    ("content", "comes"),
    [(pdf(), True), (b"%PDF-1.7" + bytes(LARGEST_DOCUMENT), False), (b"<h1>Please accept our cookies</h1>", False)],
)
async def test_a_pdf_is_fetched_past_the_guard_if_it_is_one_and_not_too_large(content: bytes, comes: bool) -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: /real.pdf\r\ncontent-length: 0\r\n\r\n"
    pages: dict[str, str | bytes] = {
        "/": "x",
        "/a.pdf": moved,
        "/real.pdf": says(content, kind="application/octet-stream"),
    }
    ledger = Ledger()
    async with trap(site_of(pages)) as served, client("Doorstep/0.1 (test)") as http:
        council = organisation(served.host)
        guard = Guard({council.id: council}, ledger, Clock(), "practice")
        got = await Crawler(http, guard, Clock(), council.id, "s", [served.host]).document(f"{served.address}a.pdf")

    assert (got == content) is comes
    assert ledger.made == [served.address + path for path in ("robots.txt", "a.pdf", "real.pdf")]


async def test_a_pdf_that_robots_txt_forbids_is_left_alone() -> None:
    pages: dict[str, str | bytes] = {
        "/robots.txt": says("User-agent: *\nDisallow: /a.pdf", kind="text/plain"),
        "/a.pdf": says(pdf()),
    }
    async with trap(site_of(pages)) as served, client("Doorstep/0.1 (test)") as http:
        council = organisation(served.host)
        guard = Guard({council.id: council}, Ledger(), Clock(), "practice")
        got = await Crawler(http, guard, Clock(), council.id, "s", [served.host]).document(f"{served.address}a.pdf")

    assert got is None
    assert served.targets == ["/robots.txt"]
