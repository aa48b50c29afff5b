"""Sites as the common systems make them: LocalGov Drupal, WordPress, Jadu, Umbraco, WebForms."""

from __future__ import annotations

from string import ascii_uppercase
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from tests.probes.web.unlike import BLURBS, CONTACT, GOOD, Asked, Unlike, found

# ------------------------------------------------------------------------------------------------ LocalGov Drupal

_DRUPAL = {
    "Council tax": "/council-tax",
    "Council tax bands": "/council-tax/bands",
    "Council tax rises by two per cent": "/news/2026/council-tax-rises-two-per-cent",
    "Bins and recycling": "/bins-and-recycling",
    "Jobs and careers": "/jobs-and-careers",
}


def _drupal(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en" dir="ltr"><head><title>{title} | Ambleford Council</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>
<a href="#main-content" class="visually-hidden focusable">Skip to main content</a>
<div id="sliding-popup" class="sliding-popup-bottom" style="position:fixed;bottom:0;left:0;right:0;background:#fff">
<div role="alertdialog" class="eu-cookie-compliance-banner"><p>We use cookies on this site.</p>
<button class="agree-button" onclick="document.body.dataset.agreed=1">Accept all cookies</button>
<button class="decline-button" onclick="document.getElementById('sliding-popup').remove()">No,
thanks</button></div></div>
<header role="banner" class="lgd-header"><a href="/">Ambleford Council</a>
<form class="views-exposed-form localgov-search-form" action="/search" method="get" id="views-exposed-form-sitewide">
<label for="edit-s">Search</label><input id="edit-s" type="text" name="s" value="" size="30" maxlength="128">
<input type="submit" id="edit-submit" value="Apply"></form></header>
<nav role="navigation" aria-label="Breadcrumb"><ol><li><a href="/">Home</a></li></ol></nav>
<main id="main-content"><h1>{title}</h1>{body}</main>
<footer><a href="/contact-us">Contact us</a> <a href="/a-to-z">A to Z of services</a></footer></body></html>"""


def _drupal_site(path: str, asked: Asked) -> str | None:
    titles = {address: title for title, address in _DRUPAL.items()}
    if path == "/":
        cards = "".join(f'<li><h2><a href="{at}">{title}</a></h2></li>' for title, at in _DRUPAL.items())
        return _drupal("Welcome to Ambleford", f"<ul>{cards}</ul>")
    if path == "/contact-us":
        return _drupal("Contact us", CONTACT)
    if path.startswith("/a-to-z"):
        strip = "".join(f'<li><a href="/a-to-z/{one.lower()}">{one}</a></li>' for one in ascii_uppercase)
        mine = path.removeprefix("/a-to-z").strip("/").upper()
        listed = "".join(f'<li><a href="{at}">{t}</a></li>' for t, at in _DRUPAL.items() if mine and t.startswith(mine))
        body = f"<ul>{listed}</ul>" if listed else "<p>There are no services under this letter.</p>" if mine else ""
        return _drupal("A to Z of services", f"<ul class=a-z>{strip}</ul>{body}")
    if path == "/search":
        hits = found(asked.get("s", ""))
        rows = "".join(
            f'<li class="views-row"><div class="views-field-title"><h3><a href="{_DRUPAL[hit]}">{hit}</a></h3></div>'
            f'<div class="views-field-search-api-excerpt"><p>{BLURBS[hit]}</p></div></li>'
            for hit in hits
        )
        facets = "".join(
            f'<li><a href="/search?s={quote(asked["s"])}&amp;f={n}">Services page ({n})</a></li>' for n in "123"
        )
        told = f"<div class=view-header>Displaying 1 - {len(hits)} of {len(hits)} results</div><ul>{rows}</ul>"
        nothing = "<p>There are no results. Check the spelling, or try fewer words.</p>"
        side = f'<div class="facets"><h2>Content type</h2><ul class="facet">{facets}</ul></div>' if hits else ""
        return _drupal("Search", side + (told if hits else nothing))
    return _drupal(titles[path], f"<p>{BLURBS[titles[path]]}</p>") if path in titles else None


DRUPAL = Unlike(
    "LocalGov Drupal",
    _drupal_site,
    GOOD
    | {
        "web.az.present": True,
        "web.az.letters": 100.0,
        "web.search.every_page": True,
        "web.search.zero_help": True,
        "web.mobile": True,
        "a11y.reflow": True,
    },
    notes=("No, thanks",),
)

# ------------------------------------------------------------------------------------------------ WordPress

_POSTS = {
    "Council tax": "/your-home/council-tax/",
    "Council tax bands": "/your-home/council-tax/bands/",
    "Council tax rises by two per cent": "/2026/02/council-tax-rises-by-two-per-cent/",
    "Bins and recycling": "/your-home/bins/",
    "Jobs and careers": "/jobs/",
}


def _form(where: str) -> str:
    return f"""<form role="search" method="get" class="search-form {where}" action="/"><label>
<span class="screen-reader-text">Search for:</span><input type="search" class="search-field" placeholder="Search
&hellip;"
value="" name="s"></label><input type="submit" class="search-submit" value="Search"></form>"""


def _wordpress(title: str, body: str) -> str:
    recent = list(_POSTS.items())[:4]
    menu = "".join(f'<li class="menu-item"><a href="{at}">{one}</a></li>' for one, at in _POSTS.items())
    widget = "".join(f'<li><a href="{at}">{one}</a></li>' for one, at in recent)
    return f"""<!doctype html><html lang="en-GB"><head><title>{title} - Ambleford Town and District Council</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body class="home blog wp-embed-responsive">
<div id="page" class="site"><header id="masthead" class="site-header"><p class="site-title"><a
href="/">Ambleford</a></p>
<nav id="site-navigation" class="main-navigation"><ul id="primary-menu">{menu}<li><a
href="/contact/">Contact</a></ul></nav>
</header><main id="primary" class="site-main">{body}</main><aside id="secondary" class="widget-area">
<section class="widget widget_search">{_form("widget")}</section><section class="widget
widget_recent_entries"><h2>Recent
posts</h2><ul>{widget}</ul></section><section class="widget widget_archive"><h2>Archives</h2><ul><li><a
href="/2026/02/">
February 2026</a></li></ul></section></aside></div></body></html>"""


def _wordpress_site(path: str, asked: Asked) -> str | None:
    titles = {address: title for title, address in _POSTS.items()}
    if path == "/" and "s" in asked:
        hits = found(asked["s"])
        articles = "".join(
            f'<article id="post-{n}" class="post-{n} page type-page hentry"><header class="entry-header"><h2 '
            f'class="entry-title"><a href="{_POSTS[hit]}" rel="bookmark">{hit}</a></h2><div class="entry-meta">'
            f"Posted on "
            f'<a href="{_POSTS[hit]}" rel="bookmark"><time>4 February 2026</time></a> by <a href="/author/web/">webteam'
            f'</a></div></header><div class="entry-summary"><p>{BLURBS[hit]} <a class="more-link" href="{_POSTS[hit]}">'
            "Continue reading</a></p></div></article>"
            for n, hit in enumerate(hits)
        )
        title = f"<header class=page-header><h1>Search Results for: <span>{asked['s']}</span></h1></header>"
        none = "<h1>Nothing Found</h1><p>Sorry, nothing matched your search terms. Please try again with other words."
        return _wordpress(f"You searched for {asked['s']}", title + articles if hits else none + _form("again"))
    if path == "/":
        return _wordpress("Home", "<h1>Welcome</h1><p>The council for Ambleford and its villages.</p>")
    if path == "/contact/":
        return _wordpress("Contact", f"<h1 class=entry-title>Contact us</h1>{CONTACT}")
    if path in ("/2026/02/", "/author/web/"):
        return _wordpress("Archive", "<h1>February 2026</h1>")
    named = titles.get(path)
    return _wordpress(named, f"<h1 class=entry-title>{named}</h1><p>{BLURBS[named]}</p>") if named else None


WORDPRESS = Unlike(
    "WordPress",
    _wordpress_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": True, "web.mobile": True},
)

# ------------------------------------------------------------------------------------------------ Jadu

_JADU = {
    "Council tax": "/info/20014/council_tax",
    "Council tax bands": "/info/20014/council_tax/31/bands",
    "Council tax rises by two per cent": "/news/article/88/rises",
    "Bins and recycling": "/info/20020/bins",
    "Jobs and careers": "/info/20030/jobs",
}


def _jadu(title: str, body: str) -> str:
    """An old one: the box comes with words in it, which a script takes out."""
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"
"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>{title} - Ambleford Council</title></head><body>
<div id="header"><form action="/site/scripts/google_results.php" method="get" id="search"><div><label for="SearchSite">
Search this site</label><input type="text" size="18" maxlength="40" class="field" name="q" id="SearchSite"
value="Search this site&hellip;" onfocus="if(this.value.indexOf('Search')===0)this.value=''" /><input type="submit"
value="Go" class="button" /></div></form></div><div id="mainNav"><ul><li><a href="/">Home</a></li>
<li><a href="/info/20013/contact_us">Contact us</a></li><li><a href="/site/scripts/az.php">A to Z</a></li></ul></div>
<form action="/newsletter" method="post"><p><label for="em">Join our newsletter</label><input type="text" name="email"
id="em" value="Your e-mail address" /><input type="submit" value="Join" /></p></form>
<div id="content"><h1>{title}</h1>{body}</div></body></html>"""


def _jadu_site(path: str, asked: Asked) -> Response | str | None:
    titles = {address: title for title, address in _JADU.items()}
    if path == "/":
        links = "".join(f'<li><a href="{at}">{one}</a></li>' for one, at in _JADU.items())
        return _jadu("Ambleford Council", f"<ul class='list icons'>{links}</ul>")
    if path == "/info/20013/contact_us":
        return _jadu("Contact us", CONTACT)
    if path == "/site/scripts/az.php":  # every letter is a place on this one page
        used = sorted({title[0] for title in _JADU})
        strip = " ".join(f'<a href="#{one}">{one}</a>' for one in ascii_uppercase)
        parts = "".join(
            f'<h2 id="{one}">{one}</h2><ul>'
            + "".join(f'<li><a href="{at}">{t}</a></li>' for t, at in _JADU.items() if t[0] == one)
            + "</ul>"
            for one in used
        )
        return _jadu("A to Z of services", f"<p>{strip}</p>{parts}")
    if path == "/site/scripts/go.php":
        return RedirectResponse(asked["u"])
    if path == "/site/scripts/google_results.php":
        hits = found(asked.get("q", ""))
        rows = "".join(
            '<div class="search_result"><h3>'
            f'<a href="/site/scripts/go.php?u={quote(_JADU[hit], safe="")}&amp;rank={n}">{hit}</a></h3>'
            f'<p>{BLURBS[hit]}</p><p class="url">www.ambleford.test{_JADU[hit]}</p></div>'
            for n, hit in enumerate(hits)
        )
        none = f"<p>Your search - <b>{asked.get('q')}</b> - did not match any documents.</p>"
        return _jadu("Search results", f"<p>Results 1 - {len(hits)} of about {len(hits)}</p>{rows}" if hits else none)
    return _jadu(titles[path], f"<p>{BLURBS[titles[path]]}</p>") if path in titles else None


JADU = Unlike(
    "Jadu, its results counted by a redirect",
    _jadu_site,
    GOOD
    | {
        "web.az.present": True,
        "web.az.letters": 11.5,
        "web.az.quality": 100.0,
        "web.search.every_page": True,
        "web.search.zero_help": False,
        "web.mobile": False,
    },
)

# ------------------------------------------------------------------------------------------------ Umbraco

_UMBRACO = {
    "Council tax": "/council-tax/",
    "Council tax bands": "/council-tax/bands/",
    "Council tax rises by two per cent": "/news/council-tax-rises/",
    "Bins and recycling": "/bins/",
    "Jobs and careers": "/jobs/",
}


def _umbraco(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><title>{title}</title><meta name="viewport"
content="width=device-width"></head><body><header class="site-header"><a href="/" class="logo">Ambleford</a>
<button class="site-header__toggle js-search-toggle" aria-expanded="false" aria-controls="s"
onclick="document.getElementById('s').hidden=false">Search</button><a href="/contact-us/">Contact us</a>
<div id="s" hidden><form action="/search/" method="get"><input type="text" name="query" aria-label="Search our website"
autocomplete="off"><button aria-label="Submit">&#128269;</button></form></div></header>
<main><h1>{title}</h1>{body}</main></body></html>"""


def _umbraco_site(path: str, asked: Asked) -> str | None:
    titles = {address: title for title, address in _UMBRACO.items()}
    if path == "/":
        cards = "".join(f'<a class="card" href="{at}"><h2>{one}</h2></a>' for one, at in _UMBRACO.items())
        return _umbraco("Ambleford Council", f"<div class=cards>{cards}</div>")
    if path == "/contact-us/":
        return _umbraco("Contact us", CONTACT)
    if path == "/search/":
        hits = found(asked.get("query", ""))
        cards = "".join(
            f'<a class="listing-card" href="{_UMBRACO[hit]}"><h2 class="listing-card__title">{hit}</h2>'
            f'<p class="listing-card__text">{BLURBS[hit]}</p><span>Read more</span></a>'
            for hit in hits
        )
        told = f"<p>We found {len(hits)} results for <strong>{asked.get('query')}</strong></p>"
        return _umbraco("Search", f"{told}<div class='search-results'>{cards}</div>" if hits else "<p>0 results</p>")
    return _umbraco(titles[path], f"<p>{BLURBS[titles[path]]}</p>") if path in titles else None


UMBRACO = Unlike(
    "Umbraco, its box behind an icon, its results whole cards",
    _umbraco_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": False, "web.mobile": True},
)

# ------------------------------------------------------------------------------------------------ WebForms

_ASPX = {
    "Council tax": "/counciltax/Pages/council-tax.aspx?id=1",
    "Council tax bands": "/counciltax/Pages/bands.aspx",
    "Council tax rises by two per cent": "/news/Pages/rises.aspx",
    "Bins and recycling": "/Pages/bins.aspx",
    "Jobs and careers": "/Pages/jobs.aspx",
}


def _webforms(title: str, body: str) -> str:
    """One form around the whole page, sent by POST to the page itself."""
    return f"""<!doctype html><html lang="en"><head><title>
	{title}
</title></head><body><form method="post" action="/Search.aspx" id="aspnetForm"><input type="hidden" name="__VIEWSTATE"
value="dDwtMTA4" /><table width="100%"><tr><td><a href="/Default.aspx"><img src="/logo.gif" alt="Ambleford Council"></a>
</td><td><input name="ctl00$ucSearch$txtSearch" type="text" id="ctl00_ucSearch_txtSearch" title="Enter search words">
<input type="submit" name="ctl00$ucSearch$btnGo" value="Go" id="ctl00_ucSearch_btnGo"></td></tr></table>
<table><tr><td valign="top"><a href="/Pages/contact.aspx">Contact the
council</a></td><td><h1>{title}</h1>{body}</td></tr>
</table></form></body></html>"""


def _webforms_site(path: str, asked: Asked) -> Response | str | None:
    titles = {address.partition("?")[0]: title for title, address in _ASPX.items()}
    if path in ("/", "/Default.aspx"):
        links = "".join(f'<tr><td><a href="{at}">{one}</a></td></tr>' for one, at in _ASPX.items())
        return _webforms("Ambleford Council", f"<table>{links}</table>")
    if path == "/logo.gif":
        return Response(b"GIF89a", media_type="image/gif")
    if path == "/Pages/contact.aspx":
        return _webforms("Contact us", CONTACT)
    if path == "/Search.aspx":
        hits = found(asked.get("ctl00$ucSearch$txtSearch", ""))
        rows = "".join(
            f'<tr><td>{n}.</td><td><a href="{_ASPX[hit]}">{hit}</a></td></tr><tr><td></td><td>{BLURBS[hit]}</td></tr>'
            for n, hit in enumerate(hits, 1)
        )
        told = f"Total results: {len(hits)}<table class='searchResults'>{rows}</table>"
        return _webforms("Search results", told if hits else "No matches. Please contact us if we can help.")
    return _webforms(titles[path], f"<p>{BLURBS[titles[path]]}</p>") if path in titles else None


WEBFORMS = Unlike(
    "WebForms: one form around every page, sent by POST",
    _webforms_site,
    GOOD | {"web.az.present": False, "web.search.every_page": True, "web.search.zero_help": True},
)

SITES = (DRUPAL, WORDPRESS, JADU, UMBRACO, WEBFORMS)
