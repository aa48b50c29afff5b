"""Pages with planted faults, examined by a real browser, and what is said of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import BrowserContext, Error
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from probes.web import accessibility, examine
from probes.web.browser import Chromium, Gate
from probes.web.chromium import find
from probes.web.examine import Examined, Overflow
from probes.web.reading import Reading
from results.schema import Why
from tests.probes.web.house import serving

pytestmark = [
    pytest.mark.skipif(find() is None, reason="no browser on this machine: pages are not examined"),
    pytest.mark.asyncio(loop_scope="session"),
]

WELL = """<!doctype html><html lang="en"><head><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}
a {{ padding: 8px; display: inline-block }}</style></head><body><main>{body}</main></body></html>"""
PARTS = '<h1>Bins</h1><p><a href="/tax">Council tax</a></p><p><a href="/bins">Bin days</a></p>'


def whole(body: str = PARTS, title: str = "Bins", style: str = "") -> str:
    return WELL.format(title=title, body=body, style=style)


Examining = Callable[..., Awaitable[tuple[list[Examined], Reading]]]


@asynccontextmanager
async def looking(**pages: str) -> AsyncIterator[tuple[Gate, str]]:
    """What a browser may do, and the address of a site with these pages."""

    async def answer(request: Request) -> Response:
        return HTMLResponse(pages[request.path_params["name"]])

    async def permit(url: str) -> None:
        """The guard's matter; here everything is agreed."""

    async def may_search(url: str) -> bool:
        return True

    async with serving(Starlette(routes=[Route("/{name}", answer)])) as served:
        yield Gate(frozenset({served.host}), permit, may_search), served.address


@pytest.fixture
def examined(chromium: Chromium) -> Examining:
    """Every page examined, in its order, and what is read from them; the first is the home page."""

    async def examined(**pages: str) -> tuple[list[Examined], Reading]:
        async with looking(**pages) as (gate, address):
            found = await chromium.examine(gate, [address + name for name in pages])
            return list(found), accessibility.read(address + next(iter(pages)), found)

    return examined


async def test_a_page_without_fault_passes_everything_that_is_tested(examined: Examining) -> None:
    _, read = await examined(
        home=whole(
            '<h1>Tax</h1><form><label for="q">Words</label><input id="q"></form>' + "<p><a href='/a'>Bands</a></p>"
        )
    )

    assert read.facts["a11y.axe_serious"] == 100
    assert read.facts["a11y.contrast"] == 100
    assert read.facts["a11y.reflow"] is True
    assert read.facts["a11y.text_zoom"] is True
    assert read.facts["a11y.focus_visible"] == 100
    assert read.facts["a11y.keyboard"] is True
    assert read.facts["a11y.labels"] == 100
    assert read.facts["a11y.headings_titles"] == 100
    assert read.facts["web.mobile"] is True
    assert read.unknown["a11y.alt_text"][0] is Why.NOT_APPLICABLE


async def test_what_axe_finds_is_told_by_its_rule_and_stamped_with_its_version(examined: Examining) -> None:
    picture = '<img src="/x.png" width="50" height="50"><input>'
    (page,), read = await examined(home=whole(PARTS + picture))

    assert {"image-alt", "label"} <= {rule.id for rule in page.violations}
    assert page.axe.startswith("4.")
    assert read.facts["a11y.axe_serious"] == 0
    assert (read.facts["a11y.alt_text"], read.facts["a11y.labels"]) == (0, 0)
    assert any("axe rule image-alt" in note and note.startswith("automated finding") for note in read.notes)


async def test_what_axe_cannot_decide_needs_a_person_and_counts_nowhere(examined: Examining) -> None:
    shaded = '<h1>Tax</h1><p style="background-image:linear-gradient(#fff,#000);color:#777">Words over a picture</p>'
    (page,), read = await examined(home=whole(shaded))

    assert "color-contrast" in {rule.id for rule in page.incomplete}
    assert read.facts["a11y.contrast"] == 100


async def test_a_page_wider_than_a_small_window_does_not_reflow(examined: Examining) -> None:
    (page,), read = await examined(home=whole(PARTS + '<div style="width:600px">A wide table</div>'))

    assert page.reflow.beyond > 200
    assert "div A wide table" in page.reflow.what
    assert read.facts["a11y.reflow"] is False
    assert read.facts["web.mobile"] is False


async def test_text_that_is_cut_off_when_it_alone_is_enlarged_is_told_in_three_answers(examined: Examining) -> None:
    fixed = (
        "<h1>Bins</h1><p style='height:30px;max-width:400px;overflow:hidden;{}'>Your bins are emptied every week</p>"
    )
    cut, shortened = fixed.format(""), fixed.format("white-space:nowrap;text-overflow:ellipsis;max-width:300px")
    (one, two), fails = await examined(home=whole(cut), other=whole(shortened))

    assert (one.cut, one.shortened) == (("p Your bins are emptied every week",), ())
    assert (two.cut, two.shortened) == ((), ("p Your bins are emptied every week",))
    assert fails.facts["a11y.text_zoom"] is False
    assert "text that is enlarged alone is cut off in “p Your bins are emptied every week” on /home" in fails.notes
    needs = accessibility.read(two.url, [two])
    assert needs.unknown["a11y.text_zoom"][0] is Why.NEEDS_REVIEW
    assert (one.handheld, one.twice) == (Overflow(0, ()), Overflow(0, ()))  # what was enlarged is small again


async def test_a_focus_that_cannot_be_seen_is_counted_stop_by_stop(examined: Examining) -> None:
    _, hidden = await examined(home=whole(style="a:focus { outline: none }"))
    _, nothing = await examined(home=whole(style="a:focus { outline: 0; border: 0 solid red }"))
    _, shown = await examined(home=whole(style="a { transition: all 2s } a:focus { outline: none; background: #ff0 }"))

    assert hidden.facts["a11y.focus_visible"] == 0
    assert nothing.facts["a11y.focus_visible"] == 0
    assert shown.facts["a11y.focus_visible"] == 100


async def test_a_field_that_keeps_the_tab_key_is_a_trap(examined: Examining) -> None:
    trap = "<script>document.getElementById('t').onkeydown = event => event.preventDefault()</script>"
    (page,), read = await examined(home=whole(f'<h1>Tax</h1><input id="t" aria-label="Words">{PARTS}{trap}'))

    assert 'id="t"' in page.caught
    assert read.facts["a11y.keyboard"] is False


async def test_a_field_that_takes_the_focus_back_whenever_it_is_left_is_a_trap(examined: Examining) -> None:
    trap = "<script>document.getElementById('t').onblur = event => setTimeout(() => event.target.focus())</script>"
    (page,), _ = await examined(home=whole(f'<h1>Tax</h1><input id="t" aria-label="Words">{PARTS}{trap}'))

    assert 'id="t"' in page.caught


async def test_a_dialog_that_keeps_the_focus_until_it_is_answered_is_none(examined: Examining) -> None:
    dialog = (
        '<div role="dialog" aria-label="Leaflets"><button id="t">Close</button></div>'
        "<script>document.getElementById('t').onblur = event => setTimeout(() => event.target.focus())</script>"
    )
    (page,), _ = await examined(home=whole(f"<h1>Tax</h1>{dialog}{PARTS}"))

    assert page.caught == ""


async def test_a_cookie_banner_is_refused_as_a_person_would(examined: Examining) -> None:
    banner = (
        '<div id="cookies" style="position:fixed;top:0;left:0;width:100%;height:80vh;background:#fff">We use cookies '
        '<button>Accept all</button><button onclick="this.parentNode.remove()">Reject all</button></div>'
    )
    (page,), read = await examined(home=whole(PARTS + banner))

    assert page.banner is not None
    assert (page.banner.refuse, page.banner.gone) == ("Reject all", True)
    assert page.banner.covers >= 75
    assert read.facts["web.cookie_block"] is False


async def test_a_banner_over_everything_that_cannot_be_refused_blocks_the_page(examined: Examining) -> None:
    banner = (
        '<div id="cookies" style="position:fixed;top:0;left:0;width:100%;height:80vh;background:#fff">We use cookies '
        "<button>Accept all</button></div>"
    )
    _, read = await examined(home=whole(PARTS + banner))

    assert read.facts["web.cookie_block"] is True


@pytest.mark.parametrize(
    ("body", "style"),
    [
        ("<button>High contrast</button>", ""),
        ("", "@media (prefers-contrast: more) { body { color: #000 } }"),
        ("", "@media (forced-colors: active) { a { border: 1px solid } }"),
    ],
)
async def test_a_contrast_option_is_a_control_or_an_answer_to_the_systems(
    examined: Examining, body: str, style: str
) -> None:
    _, read = await examined(home=whole(PARTS + body, style=style))

    assert read.facts["a11y.enhanced_contrast"] is True


async def test_two_pages_of_one_title_have_no_title_of_their_own(examined: Examining) -> None:
    _, same = await examined(home=whole(), other=whole())
    _, different = await examined(home=whole(), other=whole(title="Council tax"))

    assert same.facts["a11y.headings_titles"] == 0
    assert different.facts["a11y.headings_titles"] == 100


async def test_a_page_that_hangs_the_browser_is_told_and_the_rest_goes_on(
    examined: Examining, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "LONGEST", 8.0)
    loop = whole(PARTS + "<script>setTimeout(() => { while (true); }, 400)</script>")
    pages, read = await examined(home=whole(), loop=loop, last=whole(title="Last"))

    assert [bool(page.problem) for page in pages] == [False, True, False]
    assert read.facts["a11y.pages"] == 2


async def test_a_page_that_lies_about_itself_cannot_make_the_answer_long_or_break_it(examined: Examining) -> None:
    lies = whole(PARTS + "<script>Object.defineProperty(document, 'title', {get: () => 'x'.repeat(1e7)})</script>")
    (page,), _ = await examined(home=lies)

    assert len(page.title) <= 200


async def test_a_browser_that_is_killed_between_two_pages_is_started_again(chromium: Chromium) -> None:
    async with looking(home=whole(), other=whole(title="Other")) as (gate, address):
        await chromium.examine(gate, [address + "home"])
        assert chromium._browser is not None
        await chromium._browser.close()
        (page,) = await asyncio.wait_for(chromium.examine(gate, [address + "other"]), 30)

    assert page.title == "Other"


async def test_where_no_tab_can_be_opened_each_page_says_so_and_the_examination_ends(
    chromium: Chromium,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def no_tab() -> BrowserContext:
        raise Error("Target.createBrowserContext: failed")

    async with looking(home=whole(), other=whole(title="Other")) as (gate, address):
        monkeypatch.setattr(chromium, "context", no_tab)
        found = await asyncio.wait_for(chromium.examine(gate, [address + "home", address + "other"]), 30)

    assert [one.url for one in found] == [address + "home", address + "other"]
    assert all("could not show the page" in one.problem for one in found)
