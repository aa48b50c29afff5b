from __future__ import annotations

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from probes.web.browser import Chromium
from probes.web.chromium import find
from probes.web.tab import Gate
from tests.probes.web.house import serving

pytestmark = [
    pytest.mark.skipif(find() is None, reason="no browser on this machine"),
    pytest.mark.asyncio(loop_scope="session"),
]

REMEMBERS = """<form action=/search><input type=search name=q></form><p></p><script>
document.querySelector("p").append([document.cookie, localStorage.seen, sessionStorage.seen, name].join("|"));
document.cookie = "seen=1"; localStorage.seen = sessionStorage.seen = name = "1";
addEventListener("pagehide", () => { localStorage.left = sessionStorage.seen = "2" });
</script>"""


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def none_used(chromium: Chromium) -> None:
    """No tab is left of an earlier test."""
    while (tab := await chromium.tab()).opened:
        await tab.context.close()
    await tab.context.close()


async def permit(url: str) -> None:
    """Nothing is forbidden here."""


async def may_search(url: str) -> bool:
    return True


def council(home: str) -> Starlette:
    async def answer(request: Request) -> Response:
        if request.url.path == "/":
            return HTMLResponse(home)
        return HTMLResponse("<p>No results were found.", headers={"set-cookie": "searched=1; HttpOnly"})

    return Starlette(routes=[Route("/{path:path}", answer)])


async def test_what_one_search_leaves_behind_the_next_does_not_see(chromium: Chromium) -> None:
    async with serving(council(REMEMBERS)) as at:
        gate = Gate(frozenset({at.host}), permit, may_search)
        first, second = [await chromium.search(gate, at.address, words) for words in ("tip", "rates")]
    tab = await chromium.tab()

    assert "<p>|||</p>" in first.before
    assert second.before == first.before
    assert tab.opened > 2  # it was the same tab all the time


async def test_a_tab_from_which_a_form_has_opened_another_is_not_used_again(chromium: Chromium) -> None:
    async with serving(council(REMEMBERS.replace("<form", "<form target=_blank"))) as at:
        await chromium.search(Gate(frozenset({at.host}), permit, may_search), at.address, "tip")
    tab = await chromium.tab()

    assert tab.opened == 0


async def test_a_tab_that_has_seen_two_hosts_is_not_used_again(chromium: Chromium) -> None:
    async with serving(council("elsewhere")) as other, serving(council(f"<iframe src={other.address}></iframe>")) as at:
        await chromium.home(Gate(frozenset({at.host, other.host}), permit, may_search), at.address)
    tab = await chromium.tab()

    assert tab.opened == 0
