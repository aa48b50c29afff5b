"""What the examined pages say about accessibility: automated findings, never a verdict that a site complies. Pure.

Each rule has three answers: fail, pass, needs a person. What axe-core calls incomplete is the third and counts nowhere.
Sources: WCAG 2.2; Government Digital Service, accessibility monitoring of public sector websites (commonest faults).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from probes.web.banner import told as banner_told
from probes.web.examine import HEADINGS, Examined, Rule
from probes.web.pages import Page, Site
from probes.web.reading import Reading, not_known, percent
from results.schema import Enquiry, Why

FACTS = {
    "a11y.pages": "Count: pages of the stated sample that could be examined",
    "a11y.axe_serious": "Percent of these pages without a serious or critical automated finding",
    "a11y.contrast": "Percent of these pages without text of too little contrast (WCAG 1.4.3)",
    "a11y.enhanced_contrast": "Yes/no: a contrast option, or style sheets that answer to the system's",
    "a11y.large_text": "Yes/no: a text-size option, or every page holds its width at twice the size (WCAG 1.4.4)",
    "a11y.text_zoom": "Yes/no: no text is cut off when text alone is twice as large (beside WCAG 1.4.4)",
    "a11y.reflow": "Yes/no: every page fits a window of 320 CSS pixels (WCAG 1.4.10)",
    "a11y.focus_visible": "Percent of stops of the Tab key at which the focus can be seen (WCAG 2.4.7)",
    "a11y.keyboard": "Yes/no: Tab never gets caught and reaches the page's links and fields (WCAG 2.1.1, 2.1.2)",
    "a11y.alt_text": "Percent of images that have a text alternative or are marked as decoration (WCAG 1.1.1)",
    "a11y.labels": "Percent of form fields that have a label (WCAG 4.1.2)",
    "a11y.headings_titles": "Percent of pages with a title of their own, a language, one h1 and ordered headings",
    "web.mobile": "Yes/no: every page fits a handheld's window of 360 CSS pixels and has a viewport",
    "web.load_time": "Seconds until the home page's largest thing is drawn, from the first byte; middle of the looks",
    "web.cookie_block": "Yes/no: a banner covers most of the home page and cannot be refused",
}

_SERIOUS = ("serious", "critical")
_LABELS = ("label", "select-name", "input-button-name", "aria-input-field-name")
_IMAGES = ("image-alt", "input-image-alt", "role-img-alt", "svg-img-alt")
_STRUCTURE = ("document-title", "html-has-lang", "html-lang-valid", "page-has-heading-one", "heading-order")
_BLOCKS = 50  # percent of the window that a banner may not cover
_FEW = 5
_A_TO_Z = re.compile(r"\ba ?(?:to|-|–) ?z\b", re.IGNORECASE)
_NONE = "not assessed: no page could be examined in a browser"


SAMPLE = 6
"""Pages of a site that are examined at most."""


def sample(site: Site, enquiries: Sequence[Enquiry]) -> dict[str, str]:
    """The stated sample, {address: why it is in}: the home page, then the nearest of each kind that residents come for.

    Contact, the right page of each enquiry, the accessibility statement, a page with a form, the A to Z, and what is
    nearest.
    """
    kinds: list[tuple[str, Callable[[Page], bool]]] = [
        ("the home page", lambda page: page.url == site.resolve(site.home)),
        ("contact", lambda page: "contact" in page.h1.lower()),
        *((f"the right page for “{one.title}”", _answering(one)) for one in enquiries),
        ("the accessibility statement", lambda page: "accessibility" in page.h1.lower()),
        ("a page with a form", lambda page: "<textarea" in page.html or "<select" in page.html),
        ("the A to Z", lambda page: bool(_A_TO_Z.search(page.h1))),
    ]
    near = [page for page in site.readable if not page.cut]
    chosen = dict[str, str]()
    for why, kind in kinds:
        if (url := next((page.url for page in near if kind(page)), None)) is not None:
            chosen.setdefault(url, why)
    for page in near:
        chosen.setdefault(page.url, "near the home page")
    return dict(list(chosen.items())[:SAMPLE])


def _answering(enquiry: Enquiry) -> Callable[[Page], bool]:
    return lambda page: page.answers(enquiry.answer_key.page)


def read(home: str, examined: Sequence[Examined], sample: Mapping[str, str] | None = None) -> Reading:
    """The facts of a sample of pages. `home`: the address of the home page. `sample`: why each page is in it."""
    seen = [one for one in examined if not one.problem]
    if not seen:
        return not_known(FACTS, Why.PROBE_FAULT, _NONE)
    reading = Reading(
        {
            "a11y.pages": len(seen),
            "a11y.axe_serious": _share(seen, lambda one: not _serious(one)),
            "a11y.contrast": _share(seen, lambda one: not one.fails("color-contrast")),
            "a11y.enhanced_contrast": any(one.contrast_options or one.media for one in seen),
            "a11y.large_text": any(one.size_options for one in seen) or not any(one.twice.beyond for one in seen),
            "a11y.reflow": not any(one.reflow.beyond for one in seen),
            "a11y.headings_titles": _share(seen, lambda one: not one.fails(*_STRUCTURE) and _own_title(one, seen)),
            "web.mobile": all(one.viewport and not one.handheld.beyond for one in seen),
        },
        notes=(f"examined in a browser: {', '.join(urlsplit(one.url).path or '/' for one in seen)}", *_sentences(seen)),
        where={
            "accessibility": {
                "axe-core": seen[0].axe,
                "pages": [_grounds(one, (sample or {}).get(one.url, "")) for one in examined],
            }
        },
    )
    return reading | _text_zoom(seen) | _keyboard(seen) | _counted(seen) | _home(home, examined)


def _wcag(one: Examined) -> list[Rule]:
    """Violations of the guidelines; what is best practice only is told and not counted."""
    return [rule for rule in one.violations if rule.id not in _BEST_PRACTICE]


_BEST_PRACTICE = frozenset(HEADINGS)


def _serious(one: Examined) -> list[Rule]:
    return [rule for rule in _wcag(one) if rule.impact in _SERIOUS]


def _share(seen: Sequence[Examined], well: Callable[[Examined], bool]) -> float:
    return percent(sum(map(well, seen)), len(seen))


def _own_title(one: Examined, seen: Sequence[Examined]) -> bool:
    return bool(one.title) and sum(other.title == one.title for other in seen) == 1


def _keyboard(seen: Sequence[Examined]) -> Reading:
    stops = [stop for one in seen for stop in one.stops]
    if not stops:
        return not_known(
            ["a11y.focus_visible", "a11y.keyboard"], Why.NEEDS_REVIEW, "the Tab key reached nothing on these pages"
        )
    return Reading(
        {
            "a11y.focus_visible": percent(sum(stop.seen for stop in stops), len(stops)),
            "a11y.keyboard": not any(one.caught for one in seen),
        }
    )


def _text_zoom(seen: Sequence[Examined]) -> Reading:
    """Three answers: text is cut off, none is, or a person has to see whether what is shortened is a loss."""
    cut = next(((one, what) for one in seen for what in one.cut), None)
    if cut is not None:
        told = f"text that is enlarged alone is cut off in “{cut[1]}” on {urlsplit(cut[0].url).path or '/'}"
        return Reading({"a11y.text_zoom": False}, notes=(told,))
    shortened = next(((one, what) for one in seen for what in one.shortened), None)
    if shortened is not None:
        sentence = (
            f"enlarged text is shortened on purpose in “{shortened[1]}” on {urlsplit(shortened[0].url).path or '/'}"
        )
        return not_known(["a11y.text_zoom"], Why.NEEDS_REVIEW, sentence)
    return Reading({"a11y.text_zoom": True})


def _counted(seen: Sequence[Examined]) -> Reading:
    """Images and fields: those that a rule names are without; the rest of what is shown is with."""
    reading = Reading()
    for name, thing, rules, count in (
        ("a11y.alt_text", "images", _IMAGES, sum(one.images for one in seen)),
        ("a11y.labels", "form fields", _LABELS, sum(one.fields for one in seen)),
    ):
        without = sum(rule.count for one in seen for rule in one.violations if rule.id in rules)
        if count:
            reading |= Reading({name: percent(max(0, count - without), count)})
        else:
            reading |= not_known([name], Why.NOT_APPLICABLE, f"there are no {thing} on the pages examined")
    return reading


def _home(home: str, examined: Sequence[Examined]) -> Reading:
    looks = [one for one in examined if one.url == home and not one.problem]
    drawn = sorted(seconds for one in looks for seconds in one.drawn)
    banner = next((one.banner for one in looks if one.banner), None)
    blocked = bool(banner and banner.covers > _BLOCKS and not banner.gone)
    reading = not_known(["web.load_time"], Why.PROBE_FAULT, "the browser did not tell when the page was drawn")
    if drawn:
        told_time = (f"the home page is drawn after {drawn[0]:.1f} to {drawn[-1]:.1f} seconds, in {len(drawn)} looks",)
        reading = Reading({"web.load_time": drawn[len(drawn) // 2]}, notes=told_time, where={"drawn after": drawn})
    if not looks:
        return reading | not_known(["web.cookie_block"], Why.PROBE_FAULT, _NONE)
    told = (banner_told(banner),) if banner else ()
    return reading | Reading({"web.cookie_block": blocked}, notes=told)


def _sentences(seen: Sequence[Examined]) -> list[str]:
    """The commonest serious findings, then what axe-core does not test."""
    pages = Counter(rule.id for one in seen for rule in _serious(one))
    help_of = {rule.id: rule.help for one in seen for rule in one.violations}
    told = [
        f"automated finding on {many} of {len(seen)} pages: {help_of[rule]} (axe rule {rule})"
        for rule, many in pages.most_common(_FEW)
    ]
    for problem, pages_with in (
        ("is wider than a window of 320 pixels", [one for one in seen if one.reflow.beyond]),
        ("catches the Tab key", [one for one in seen if one.caught]),
    ):
        told += [f"{urlsplit(one.url).path or '/'} {problem}" for one in pages_with[:_FEW]]
    unseen = [(one, stop) for one in seen for stop in one.stops if not stop.seen]
    if unseen:
        one, stop = unseen[0]
        told.append(
            f"the focus cannot be seen at {len(unseen)} stop{'s' if len(unseen) > 1 else ''} of the Tab key, first at "
            f"“{stop.name}” on {urlsplit(one.url).path or '/'}"
        )
    return told


def _grounds(one: Examined, why: str) -> dict[str, object]:
    if one.problem:
        return {"page": one.url, "chosen as": why, "not examined": one.problem}
    return {
        "page": one.url,
        "chosen as": why,
        "fail": [{"rule": r.id, "impact": r.impact, "what": r.help, "count": r.count, "where": r.nodes}
                 for r in one.violations],
        "needs a person": [{"rule": r.id, "what": r.help, "count": r.count} for r in one.incomplete],
        "pass": sorted(one.passes),
        "rules that fail, pass, need a person": [len(one.violations), len(one.passes), len(one.incomplete)],
        "wider than 320 px by": one.reflow.beyond,
        "wider than 640 px by": one.twice.beyond,
        "wider than 360 px by": one.handheld.beyond,
        "sticks out": one.reflow.what,
        "cut off when text alone is enlarged": one.cut,
        "shortened on purpose then": one.shortened,
        "Tab stops": [{"at": stop.name, "focus seen": stop.seen} for stop in one.stops],
        "caught by": one.caught,
        "drawn after": one.drawn,
    }  # fmt: skip
