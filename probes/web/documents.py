"""The site's PDFs: whether links say that they lead to one, and whether a sample of them can be read aloud.

What a PDF says of itself is read in a process of its own (`pdf_facts`); what that means is decided here.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from probes.web import pdf_facts
from probes.web.pages import Absolute, Site, base_of, spoken, tidy
from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "a11y.pdf": "Percent of the PDFs sampled that are tagged and have a title and a language",
    "web.pdf.told": "Percent of the links to PDFs that say so, in their words or beside them",
}

SAMPLE = 3
MOST_LINKS = 400
_PROGRAM = Path(pdf_facts.__file__)
_SECONDS = 30.0  # for one PDF; it is held to less processor time than that

_SAYS_SO = re.compile(r"\bpdfs?\b|\.pdf\b|\bacrobat\b", re.IGNORECASE)
_YEAR = re.compile(r"20[0-4]\d")
_NO_TITLE = re.compile(
    r"untitled\S{0,20}|.{0,200}\.(?:docx?|pdf|indd|xlsx?|pptx?|pub)|(?:microsoft word|slide) ?\S{0,200}.{0,200}", re.I
)
_NEARBY = 200  # characters around a link


@dataclass(frozen=True)
class PdfLink:
    """A link to a PDF: where to, on which page, what it is called, and whether a reader is told what it is."""

    url: str
    page: str
    text: str
    told: bool


@dataclass(frozen=True)
class Pdf:
    """What a PDF says of itself. `problem`: why it does not."""

    tagged: bool = False
    title: str = ""
    language: str = ""
    pages: int = 0
    text: bool = False
    problem: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Of tags, title and language those that it lacks. The name of a file is no title."""
        titled = bool(self.title) and not _NO_TITLE.fullmatch(self.title)
        there = {"tags": self.tagged, "title": titled, "language": bool(self.language)}
        return tuple(name for name, has in there.items() if not has)


def links(site: Site) -> tuple[PdfLink, ...]:
    """The links to PDFs on the pages of the site, nearest the home page first, each address once."""
    found: dict[str, PdfLink] = {}
    for page in site.readable:
        if ".pdf" not in page.html.lower():
            continue
        tree = LexborHTMLParser(page.html)
        absolute = Absolute(base_of(tree, page.url))
        for anchor in tree.css("a[href]"):
            url = absolute(anchor.attributes.get("href") or "")
            if url and url not in found and urlsplit(url).path.lower().endswith(".pdf") and site.own(url):
                found[url] = PdfLink(url, page.url, spoken(anchor), _is_told(anchor))
                if len(found) >= MOST_LINKS:
                    return tuple(found.values())
    return tuple(found.values())


def _is_told(anchor: LexborNode) -> bool:
    """Whether the link's words, its title, the name of a picture in it, or the words beside it say that it is a PDF."""
    words = [spoken(anchor), anchor.attributes.get("title") or ""]
    words += [image.attributes.get("alt") or "" for image in anchor.css("img")]
    around = anchor.parent
    if around is not None and around.tag not in ("body", "main", "div", "section", "article", "ul", "ol", "table"):
        words.append(tidy(around.text(separator=" "))[:_NEARBY])
    return any(_SAYS_SO.search(one) for one in words)


def sample(site: Site, linked: tuple[PdfLink, ...]) -> tuple[str, ...]:
    """The PDFs to look into: the newest by the year in their address or name, and of those the nearest home."""
    alive = [link for link in linked if not site.failed(link.url) and link.url not in site.forbidden]
    alive.sort(key=lambda link: -max((int(year) for year in _YEAR.findall(_named(link))), default=0))
    return tuple(link.url for link in alive[:SAMPLE])


def _named(link: PdfLink) -> str:
    return unquote(urlsplit(link.url).path)[-120:] + " " + link.text


async def look_into(content: bytes) -> Pdf:
    """What a PDF says of itself, read where it can do no harm: in a process that may be ended."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            told, _ = await program.communicate(content)
    except TimeoutError:
        return Pdf(problem="it could not be read in a sensible time")
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    try:
        return Pdf(**json.loads(told))
    except (ValueError, TypeError, RecursionError):  # it was ended by its limits
        return Pdf(problem="it could not be read within a sensible time and memory")


def read(linked: tuple[PdfLink, ...], looked: Mapping[str, Pdf | None]) -> Reading:
    """The facts. `looked`: the sample with what was found; None where no PDF came."""
    if not linked:
        return not_known(FACTS, Why.NOT_APPLICABLE, "no PDF is linked from the pages that were read")
    told = sum(link.told for link in linked)
    reading = Reading(
        {"web.pdf.told": percent(told, len(linked))},
        notes=_untold(linked),
        where={"links to PDFs": [{"pdf": one.url, "on": one.page, "told": one.told} for one in linked]},
    )
    judged = {url: pdf for url, pdf in looked.items() if pdf is not None and not pdf.problem}
    seen = {url: _as_seen(pdf) for url, pdf in looked.items()}
    reading |= Reading(notes=tuple(_said(looked)), where={"PDFs looked into": seen})
    if not judged:
        return reading | not_known(["a11y.pdf"], Why.PROBE_FAULT, "none of the PDFs sampled could be read")
    return reading | Reading({"a11y.pdf": percent(sum(not pdf.missing for pdf in judged.values()), len(judged))})


def _untold(linked: tuple[PdfLink, ...]) -> tuple[str, ...]:
    untold = [link for link in linked if not link.told]
    if not untold:
        return ()
    first = untold[0]
    return (f"of {len(linked)} links to PDFs {len(untold)} do not say so, such as {first.text!r} on {first.page}",)


def _said(looked: Mapping[str, Pdf | None]) -> Iterator[str]:
    for url, pdf in looked.items():
        if pdf is None:
            yield f"the PDF {url} was not looked into: it did not come, or is too large"
        elif pdf.problem:
            yield f"the PDF {url} was not judged: {pdf.problem}"
        elif not pdf.text and pdf.pages:
            yield f"the PDF {url} holds no text, as of a scan: nobody can have it read aloud, and no search finds it"
        elif pdf.missing:
            yield f"the PDF {url} has no {' and no '.join(pdf.missing)}"


def _as_seen(pdf: Pdf | None) -> object:
    if pdf is None or pdf.problem:
        return pdf.problem if pdf else "did not come"
    return {"tagged": pdf.tagged, "title": pdf.title, "language": pdf.language, "pages": pdf.pages, "text": pdf.text}
