"""Pages as they are kept for evidence: what looks like a person's own telephone number is taken out. Pure.

A resident's or a councillor's number on a page is public for a purpose that is not ours; evidence is kept for months.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from probes.web import numbers, whose
from probes.web.mention import Mention
from probes.web.pages import nested_too_deeply

LEFT_OUT = "[a person's number, left out]"

# A number however a page's source writes it: with entities and percent signs between its figures.
_APART = r"(?:[ \u00a0\u2009\u202f()./\u2010-\u2015-]|&nbsp;|&#160;|&#xa0;|%20)"
_RAW = re.compile(
    rf"(?<![\w.])(?:(?:\+|00|%2b)44{_APART}{{0,2}}(?:\(0\){_APART}?)?|\(?0)[1-9](?:{_APART}{{0,2}}\d){{8,9}}(?!\d)",
    re.I,
)


def kept(url: str, html: str, names: Sequence[str]) -> str:
    """The page without people's own numbers, and with the SHA-256 of how it came where any was taken out.

    A mobile number goes unless the page gives it for a service. Where a number's figures are too scattered to be found
    in the source, only the digest stays.
    """
    shown = _numbers(url, html, names)
    theirs = {mention.number for mention in shown if mention.whose == "personal"}
    services = {mention.number for mention in shown if mention.whose != "personal"}

    def left_out(match: re.Match[str]) -> str:
        number = numbers.valid(re.sub(r"&nbsp;|&#160;|&#xa0;|%20", " ", match[0], flags=re.I).replace("%2b", "+"))
        private = number in theirs or (whose.kind(number) == "mobile" and number not in services)
        return LEFT_OUT if number is not None and private else match[0]

    without = _RAW.sub(left_out, html)
    if without == html and not theirs:
        return html
    digest = f"<!-- People's own numbers are left out. SHA-256 of the page as it came: {_digest(html)} -->\n"
    if any(mention.whose == "personal" for mention in _numbers(url, without, names)):
        return (
            f"{digest}<p>This page is not kept: numbers that look like people's own could not be taken out of it.</p>"
        )
    return digest + without


def _numbers(url: str, html: str, names: Sequence[str]) -> tuple[Mention, ...]:
    return () if nested_too_deeply(html) else numbers.all_of(url, html, names)


def _digest(html: str) -> str:
    return hashlib.sha256(html.encode(errors="replace")).hexdigest()
