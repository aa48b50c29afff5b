"""Whether the site is safely and surely reached: https, its certificate, the other ways of writing its address. Pure.

Which addresses to try, and what became of them; trying them is the visit's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from probes.web.pages import Site
from probes.web.reading import Reading, not_known
from results.schema import Why

FACTS = {
    "web.https_valid": "Yes/no: the home page comes over https with a certificate that is valid",
    "web.name.variants": "Yes/no: with and without www, http and https, all lead to the one https site",
    "web.name.memorable": "Yes/no: a short name under gov.uk or another ending, without a path or odd signs",
}

INCOMPLETE_CHAIN = (
    "its certificate cannot be followed to a known authority; many browsers mend that, this probe does not"
)
SOON = 30  # days in which a certificate should be renewed

_LONGEST_NAME = 30
_PORT = "the address names a port, as no resident would write it"


@dataclass(frozen=True)
class Way:
    """One way of writing the address. `leads_to`: the address at its end, None when nothing came; `problem`: why.

    `asked`: False where the register does not name that host, so that it may not be tried. `certificate_days`: whole
    days until the certificate of the last address ends; None without one.
    """

    leads_to: str | None = None
    problem: str = ""
    asked: bool = True
    certificate_days: int | None = None


def variants(home: str) -> tuple[str, ...]:
    """The addresses that a resident may type for the site: http and https, with and without www. None with a port."""
    host = urlsplit(home).netloc.lower()
    if ":" in host:
        return ()
    bare = host.removeprefix("www.")
    return tuple(f"{scheme}://{name}/" for name in (bare, f"www.{bare}") for scheme in ("http", "https"))


def read(site: Site, ways: Mapping[str, Way]) -> Reading:
    """The facts, from what became of each of the `variants`."""
    memorable = _memorable(site.home)
    final = urlsplit(site.resolve(site.home))
    if not ways:
        return memorable | not_known(["web.https_valid", "web.name.variants"], Why.NOT_APPLICABLE, _PORT)
    secure = final.scheme == "https"
    where = {url: way.leads_to or (way.problem if way.asked else "not tried") for url, way in ways.items()}
    reading = memorable | _certificates(final.netloc, secure, ways)
    reading |= Reading(where={"ways of writing the address": where})
    tried = {url: way for url, way in ways.items() if way.asked}
    if len(tried) < len(ways):
        left = ", ".join(sorted({urlsplit(url).netloc for url in ways if url not in tried}))
        return reading | not_known(
            ["web.name.variants"], Why.NEEDS_REVIEW, f"the register does not name {left}, so it was not tried"
        )
    astray = [url for url, way in tried.items() if not _same_site(way, final.netloc)]
    told = tuple(
        f"{url} does not lead to the https site: {tried[url].problem or f'it leads to {tried[url].leads_to}'}"
        for url in astray
    )
    return reading | Reading({"web.name.variants": secure and not astray}, notes=told)


def _certificates(host: str, secure: bool, ways: Mapping[str, Way]) -> Reading:
    """Whether the home page's certificate holds, what is wrong with any, and which ends soon."""
    bad = {url: way.problem for url, way in ways.items() if "certificate" in way.problem}
    ours = {problem for url, problem in bad.items() if urlsplit(url).netloc == host}
    ending = {
        urlsplit(way.leads_to).netloc: way.certificate_days
        for way in ways.values()
        if way.leads_to and way.certificate_days is not None and way.certificate_days <= SOON
    }
    notes = [f"{url}: {problem}" for url, problem in bad.items()]
    notes += [
        f"the certificate of {name} ends in {days} day{'' if days == 1 else 's'}" for name, days in ending.items()
    ]
    reading = Reading({"web.https_valid": secure and not ours}, notes=tuple(notes))
    if ours == {INCOMPLETE_CHAIN}:
        return reading | not_known(["web.https_valid"], Why.NEEDS_REVIEW, f"{host}: {INCOMPLETE_CHAIN}")
    return reading


def _same_site(way: Way, host: str) -> bool:
    if way.leads_to is None:
        return way.problem == INCOMPLETE_CHAIN  # a browser may well get there
    parts = urlsplit(way.leads_to)
    return parts.scheme == "https" and parts.netloc.removeprefix("www.") == host.removeprefix("www.")


def _memorable(home: str) -> Reading:
    parts = urlsplit(home)
    if ":" in parts.netloc:
        return not_known(["web.name.memorable"], Why.NOT_APPLICABLE, _PORT)
    name = parts.netloc.removeprefix("www.").split(".")[0]
    plain = name.replace("-", "").isalpha() and name.count("-") <= 2 and len(name) <= _LONGEST_NAME
    return Reading({"web.name.memorable": plain and parts.path in ("", "/") and not parts.query})
