"""Sites as they were: a frameset around tables; results in a frame within the page."""

from __future__ import annotations

from tests.probes.web.unlike import BLURBS, CONTACT, GOOD, Asked, Unlike, found

_PLACES = {
    "Council tax": "/council_tax/index.htm",
    "Council tax bands": "/bands.htm",
    "Council tax rises by two per cent": "/rises.htm",
    "Bins and recycling": "/bins.htm",
    "Jobs and careers": "/jobs.htm",
}
_TITLES = {address: title for title, address in _PLACES.items()}


def _rows(hits: tuple[str, ...]) -> str:
    rows = "".join(
        f'<TR><TD WIDTH=20>{n}<TD><FONT FACE=Arial SIZE=2><A HREF="{_PLACES[hit]}" TARGET="_top">'
        f"{hit}</A><BR>{BLURBS[hit]}"
        "</FONT></TR>"
        for n, hit in enumerate(hits, 1)
    )
    return f"<P>{len(hits)} documents found</P><TABLE BORDER=0>{rows}</TABLE>" if hits else "<P>No documents found.</P>"


def _frames_site(path: str, asked: Asked) -> str | None:
    if path == "/":
        return """<HTML><HEAD><TITLE>Ambleford Council</TITLE></HEAD><FRAMESET COLS="200,*" BORDER=0>
<FRAME SRC="menu.htm" NAME="menu" SCROLLING=no><FRAME SRC="welcome.htm" NAME="main">
<NOFRAMES><BODY>Your browser does not show frames.</BODY></NOFRAMES></FRAMESET></HTML>"""
    if path == "/menu.htm":
        links = "".join(f'<TR><TD><A HREF="{at}" TARGET="main">{one}</A></TR>' for one, at in _PLACES.items())
        return f"""<HTML><HEAD><TITLE>Menu</TITLE></HEAD><BODY BGCOLOR=#FFFFCC><TABLE>{links}<TR><TD><A
HREF="contact.htm"
TARGET="main">Contact us</A></TR></TABLE><FORM ACTION="/cgi-bin/search.pl" METHOD=GET TARGET="main"><B>Search</B>
<INPUT NAME="words" SIZE=12 TITLE="Words to search for"><INPUT TYPE=submit VALUE="Go"></FORM></BODY></HTML>"""
    if path == "/cgi-bin/search.pl":
        return f"<HTML><TITLE>Search</TITLE><BODY>{_rows(found(asked.get('words', '')))}</BODY></HTML>"
    body = {"/welcome.htm": "<H1>Welcome to Ambleford</H1>", "/contact.htm": f"<H1>Contact us</H1>{CONTACT}"}.get(path)
    if path in _TITLES:
        text = f"<H1>{_TITLES[path]}</H1>{BLURBS[_TITLES[path]]}"
        body = f"<CENTER><TABLE WIDTH=700 BORDER=0><TR><TD>{text}</TABLE></CENTER>"
    return f"<HTML><HEAD><TITLE>Ambleford</TITLE></HEAD><BODY>{body}</BODY></HTML>" if body else None


FRAMES = Unlike(
    "a frameset around tables, the box in one frame, the results in another",
    _frames_site,
    GOOD | {"web.az.present": False, "web.search.zero_help": False},
)


def _iframe_site(path: str, asked: Asked) -> str | None:
    if path == "/results":
        hits = found(asked.get("keywords", ""))
        items = "".join(
            f'<li><a target="_parent" href="{_PLACES[hit]}">{hit}</a><p>{BLURBS[hit]}</p></li>' for hit in hits
        )
        told = f"<p>About {len(hits)} results (0.12 seconds)</p><ul>{items}</ul>"
        return f"<!doctype html><title>Results</title>{told if hits else '<p>Nothing found. Browse the A to Z.</p>'}"
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
    return f"""<!doctype html><html lang="en"><head><title>{title}</title></head><body><div class="top"><form
role="search"
action="/results" target="hits" onsubmit="document.getElementById('hits').style.display='block'"><input type="search"
name="keywords" aria-label="Search"></form><a href="/contact">Contact us</a></div><iframe id="hits" name="hits"
title="Results" style="display:none;width:90%"></iframe><h1>{title}</h1>{body}</body></html>"""


IFRAME = Unlike(
    "results in a frame within the page",
    _iframe_site,
    GOOD | {"web.az.present": False, "web.search.zero_help": True, "web.search.every_page": True},
)

SITES = (FRAMES, IFRAME)
