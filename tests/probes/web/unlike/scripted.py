"""Sites that scripts draw or alter: an empty page filled by fetch, results as you type, letters that filter."""

from __future__ import annotations

import json
from string import ascii_uppercase

from starlette.responses import JSONResponse, Response

from tests.probes.web.unlike import BLURBS, CONTACT, GOOD, Asked, Unlike, found

_PLACES = {
    "Council tax": "/service/council-tax",
    "Council tax bands": "/service/bands",
    "Council tax rises by two per cent": "/news/rises",
    "Bins and recycling": "/service/bins",
    "Jobs and careers": "/jobs",
}
_TITLES = {address: title for title, address in _PLACES.items()}


def _hits(words: str) -> Response:
    return JSONResponse([{"title": hit, "url": _PLACES[hit], "text": BLURBS[hit]} for hit in found(words)])


# ------------------------------------------------------------------------------------------------ an empty page

_APP = """const app = document.getElementById('root');
const link = (title, url) => `<li><a href="${url}">${title}</a></li>`;
async function draw() {
  const at = location.pathname, q = new URLSearchParams(location.search).get('q');
  const page = await (await fetch('/content.json?path=' + encodeURIComponent(at))).json();
  document.title = page.title + ' | Ambleford Council';
  let body = page.body;
  if (at === '/find') {
    const hits = await (await fetch('/hits.json?q=' + encodeURIComponent(q))).json();
    body = hits.length ? `<p>Showing ${hits.length} results</p><ol>` + hits.map(one =>
      `<li><a href="${one.url}">${one.title}</a><p>${one.text}</p></li>`).join('') + '</ol>'
      : '<p>No results found. Why not browse our services, or contact us?</p>';
  }
  app.innerHTML = `<header><a href="/">Ambleford</a><a href="/contact">Contact us</a><form role="search"><input
    type="search" name="q" aria-label="Search"></form></header><main><h1>${page.title}</h1>${body}<ul>` +
    page.links.map(one => link(...one)).join('') + '</ul></main>';
}
addEventListener('popstate', draw);
document.addEventListener('click', event => {
  const to = event.target.closest('a[href^="/"]');
  if (to) { event.preventDefault(); history.pushState(null, '', to.href); draw(); }
});
document.addEventListener('submit', event => {
  event.preventDefault();
  history.pushState(null, '', '/find?q=' + encodeURIComponent(event.target.q.value)); draw();
});
draw();"""


def _app_site(path: str, asked: Asked) -> Response | str | None:
    if path == "/app.js":
        return Response(_APP, media_type="text/javascript")
    if path == "/hits.json":
        return _hits(asked["q"])
    if path == "/content.json":
        return JSONResponse(_content(asked["path"]))
    if path in ("/", "/contact", "/find", *_TITLES):
        return """<!doctype html><html lang="en"><head><title>Ambleford Council</title><meta name="viewport"
content="width=device-width"></head><body><noscript>You need to enable JavaScript to run this app.</noscript>
<div id="root"></div><script src="/app.js"></script></body></html>"""
    return None


def _content(path: str) -> dict[str, object]:
    title = _TITLES.get(path)
    if title:
        return {"title": title, "body": f"<p>{BLURBS[title]}</p>", "links": []}
    if path == "/contact":
        return {"title": "Contact us", "body": CONTACT, "links": []}
    return {"title": "Ambleford Council", "body": "", "links": list(_PLACES.items()) if path == "/" else []}


APP = Unlike(
    "an empty page that scripts fill",
    _app_site,
    GOOD
    | {
        "web.by_script": True,
        "web.az.present": False,
        "web.search.every_page": True,
        "web.search.zero_help": True,
        "web.pages_read": 7,
    },
    notes=("drawn by scripts",),
)

# ------------------------------------------------------------------------------------------------ results as you type

_OVERLAY = """const field = document.getElementById('w'), list = document.getElementById('live');
let waiting; field.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(async () => {
  const hits = await (await fetch('/live?w=' + encodeURIComponent(field.value))).json();
  list.innerHTML = hits.length ? `<p>${hits.length} results</p>` + hits.map(one =>
    `<li role="option"><a href="${one.url}"><strong>${one.title}</strong> <span>${one.text}</span></a></li>`).join('')
    : '<li>No results found</li>';
}, 150) });
field.addEventListener('keydown', event => { if (event.key === 'Enter') event.preventDefault() });"""


def _plainly(title: str, body: str, header: str, script: str = "") -> str:
    return f"""<!doctype html><html lang="en"><head><title>{title} | Ambleford</title><meta name="viewport"
content="width=device-width"></head><body><header><a href="/">Ambleford Council</a> {header} <a href="/contact">Contact
us</a></header><main><h1>{title}</h1>{body}</main><script>{script}</script></body></html>"""


def _pages(path: str, header: str, script: str, home: str = "") -> str | None:
    if path == "/":
        links = "".join(f'<li><a href="{at}">{one}</a></li>' for one, at in _PLACES.items())
        return _plainly("Welcome", f"<ul>{links}</ul>{home}", header, script)
    if path == "/contact":
        return _plainly("Contact us", CONTACT, header, script)
    title = _TITLES.get(path)
    return _plainly(title, f"<p>{BLURBS[title]}</p>", header, script) if title else None


def _live_site(path: str, asked: Asked) -> Response | str | None:
    if path == "/live":
        return _hits(asked["w"])
    header = (
        '<div class="search"><input type="search" id="w" aria-label="Search"><ul id="live" role="listbox"></ul></div>'
    )
    return _pages(path, header, _OVERLAY)


LIVE = Unlike(
    "results in the header as you type, and Enter does nothing",
    _live_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": False},
)

# ------------------------------------------------------------------------------------------------ Enter is swallowed

_SWALLOWS = """const field = document.getElementById('k'); const menu = document.getElementById('menu');
field.addEventListener('input', () => { menu.innerHTML = '<li>council tax reduction</li><li>council tax login</li>' });
field.addEventListener('keydown', event => { if (event.key === 'Enter') event.preventDefault() });"""


def _swallow_site(path: str, asked: Asked) -> str | None:
    header = """<form action="/find"><label for="k">Search</label><input name="k" id="k" autocomplete="off"
role="combobox" aria-expanded="true" aria-controls="menu"><ul id="menu"
role="listbox"></ul><button>Go</button></form>"""
    if path == "/find":
        hits = found(asked.get("k", ""))
        items = "".join(f'<dt><a href="{_PLACES[hit]}">{hit}</a></dt><dd>{BLURBS[hit]}</dd>' for hit in hits)
        told = f"<p>{len(hits)} matches</p><dl>{items}</dl>" if hits else "<p>Your search returned no matches</p>"
        return _plainly("Search", told, header, _SWALLOWS)
    return _pages(path, header, _SWALLOWS)


SWALLOWS = Unlike(
    "suggestions that swallow Enter, so that the button must be pressed",
    _swallow_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": False},
)

# ------------------------------------------------------------------------------------------------ letters by script


def _letters_site(path: str, asked: Asked) -> str | None:
    """The letters of the home page are buttons that show a part of a list which is there already."""
    strip = "".join(f'<li><a href="#" data-letter="{one}">{one}</a></li>' for one in ascii_uppercase)
    data = json.dumps(sorted(_PLACES.items()))
    script = f"""const all = {data}; document.querySelectorAll('[data-letter]').forEach(one => one.onclick = event => {{
  event.preventDefault(); document.getElementById('shown').innerHTML = all.filter(([title]) => title[0] ===
  one.dataset.letter).map(([title, url]) => `<li><a href="${{url}}">${{title}}</a></li>`).join('') }});"""
    home = f'<h2>A to Z of services</h2><ul class="letters">{strip}</ul><ul id="shown"></ul>'
    return _pages(path, "", script if path == "/" else "", home)


LETTERS = Unlike(
    "letters that a script answers, and no search",
    _letters_site,
    {
        "web.reached": True,
        "web.contact.link_home": True,
        "web.search.home": False,
        "web.az.present": True,
        "web.az.letters": None,
        "web.by_script": False,
    },
    {"web.search.best_rank": "no search box", "web.az.letters": "script"},
)

SITES = (APP, LIVE, SWALLOWS, LETTERS)
