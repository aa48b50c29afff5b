"""Sites with something in the way: a wall of cookies, a search that is elsewhere, that fails, or that is none."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from tests.probes.web.unlike import BLURBS, CONTACT, GOOD, Asked, Unlike, found

_PLACES = {
    "Council tax": "/council-tax",
    "Council tax bands": "/council-tax/bands",
    "Council tax rises by two per cent": "/news/rises",
    "Bins and recycling": "/bins",
    "Jobs and careers": "/jobs",
}
_TITLES = {address: title for title, address in _PLACES.items()}


def _pages(path: str, header: str, foot: str = "") -> str | None:
    title, body = _TITLES.get(path), ""
    if path == "/":
        title = "Ambleford Council"
        body = "".join(f'<p><a href="{at}">{one}</a></p>' for one, at in _PLACES.items())
    elif path == "/contact":
        title, body = "Contact us", CONTACT
    elif title:
        body = f"<p>{BLURBS[title]}</p>"
    if not title:
        return None
    return f"""<!doctype html><html lang="en"><head><title>{title}</title><meta name="viewport"
content="width=device-width"></head><body><div>{header}<a href="/contact">Contact us</a></div><h1>{title}</h1>{body}
{foot}</body></html>"""


def _listed(words: str) -> str:
    hits = found(words)
    items = "".join(f"<li><a href='{_PLACES[hit]}'>{hit}</a><p>{BLURBS[hit]}</p></li>" for hit in hits)
    return f"<p>{len(hits)} results</p><ul>{items}</ul>" if hits else "<p>No results.</p>"


_BOX = '<form role="search" action="/find"><input type="search" name="q" aria-label="Search"><button>Go</button></form>'

# ------------------------------------------------------------------------------------------------ a wall of cookies

_ICON = """<a href="#" class="icon-search" aria-label="Open search"
onclick="document.getElementById('bar').style.display='block';return false">&#128269;</a>
<div id="bar" style="display:none">{}</div>"""
_WALL = """<div class="privacy-overlay" style="position:fixed;inset:0;z-index:999;background:rgba(0,0,0,.6)"><div
role="dialog" aria-modal="true" aria-label="Cookie consent" style="background:#fff;margin:10vh
auto;width:60%;height:70vh">
<h2>Your privacy</h2><p>We and our partners use cookies.</p><button onclick="document.body.dataset.accepted=1">Accept
all</button><form action="/cookies" method="post"><button>Reject non-essential</button></form></div></div>"""


def _wall_site(path: str, asked: Asked) -> Response | str | None:
    if path == "/find":
        return _listed(asked.get("q", ""))
    if path == "/cookies":
        return RedirectResponse("/?cookies=no", 303)
    return _pages(path, _ICON.format(_BOX), "" if "cookies" in asked else _WALL)


WALL = Unlike(
    "a wall of cookies before a search behind an icon",
    _wall_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": False},
    notes=("Reject non-essential",),
)

# ------------------------------------------------------------------------------------------------ a search elsewhere


def widget(host: str, *, drawn: bool) -> Unlike:
    """A search that another host runs. `drawn`: its script draws the box too; else a form of the site's leads there."""
    box = (
        f'<script async src="http://{host}/cse.js?cx=1"></script><div class="gcse-search"></div>'
        if drawn
        else f'<form action="http://{host}/find"><label>Search <input name="q"></label><button>Go</button></form>'
    )
    return Unlike(f"a search run elsewhere, {'drawn' if drawn else 'led to'}", lambda path, _: _pages(path, box))


def _engine_site(path: str, asked: Asked) -> Response | str | None:
    """The host that runs it."""
    if path == "/cse.js":
        at = "document.currentScript.src"
        script = (
            f"const from = new URL({at}).origin; document.querySelector('.gcse-search').innerHTML ="
            '`<form action="${from}/find"><input name="search" title="search"></form>`'
        )
        return Response(script, media_type="text/javascript")
    return _listed(asked.get("q") or asked.get("search", "")) if path == "/find" else _pages(path, "")


ENGINE = Unlike("somebody else's search engine", _engine_site)

# ------------------------------------------------------------------------------------------------ a search that fails

_FAILS = {
    name: fact
    for name, fact in GOOD.items()
    if name not in ("web.search.results_count", "web.search.structured", "web.search.pdf_first", "web.search.best_rank")
} | {
    "web.search.works": False,
    "web.search.first_five": 0.0,
    "web.search.common_words": 0.0,
    "web.search.misspelling": None,
    "web.search.best_rank": None,
}


def _missing_site(path: str, asked: Asked) -> str | None:
    return None if path == "/find" else _pages(path, _BOX)


def _broken_site(path: str, asked: Asked) -> str | None:
    if path == "/find":
        return f"<!doctype html><title>Ambleford</title>{_BOX}<h1>Sorry, something went wrong</h1>"
    return _pages(path, _BOX)


def _dead_box_site(path: str, asked: Asked) -> str | None:
    return _pages(path, '<input type="search" aria-label="Search"><button type="button">Search</button>')


MISSING = Unlike("a search that leads nowhere", _missing_site, _FAILS, notes=("a page that says 404",))
BROKEN = Unlike("a search that says sorry", _broken_site, _FAILS, notes=("Sorry, something went wrong",))
DEAD = Unlike("a box that does nothing", _dead_box_site, _FAILS, notes=("nothing happens",))

# ------------------------------------------------------------------------------------------------ no search


def _none_site(path: str, asked: Asked) -> str | None:
    forms = """<form action="/news" method="post"><label>Sign up for our newsletter <input name="q" placeholder="Your
e-mail
address"></label></form><form action="/bin-day"><label>Find your bin day <input name="search" placeholder="Your
postcode">
</label></form><form action="/councillors"><input type="search" name="term" aria-label="Find your councillor by
name"></form>"""
    return _pages(path, "", forms)


NONE = Unlike(
    "forms that are no search",
    _none_site,
    {"web.reached": True, "web.search.home": False, "web.az.present": False, "web.broken_links": 0.0},
    {"web.search.best_rank": "the home page has no search box"},
)

SITES = (WALL, MISSING, BROKEN, DEAD, NONE)
