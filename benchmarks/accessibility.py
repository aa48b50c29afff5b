"""Examining a council's pages for barriers: ours beside pa11y-ci and Lighthouse, in one run on the same pages.

    python -m benchmarks.accessibility [--json] [--rounds 2]

A site of one sound page and one page for each planted flaw (`FLAWS`), all of a council's ordinary size, is served on
loopback. Each contestant examines every page with the same Chromium; its best round counts, its own start included.

- ours: `probes.web.browser.Chromium.examine`, as in a visit: axe-core, reflow, zoom, handheld, a walk by keyboard.
- pa11y-ci with both of its rule engines (HTML CodeSniffer and axe-core), one browser for all pages.
- Lighthouse, the accessibility category alone: it takes one page and starts a browser for each.

A flaw is found where a tool names a fault on the flaw's page that it does not name on the sound one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import peers
from benchmarks.council_site import pages
from probes.web.browser import Chromium
from probes.web.chromium import find
from probes.web.examine import Examined
from probes.web.tab import Gate

Findings = dict[str, frozenset[str]]
"""Page to the names of the faults that a tool found on it."""

_SOUND = "sound"

FLAWS: dict[str, tuple[str, str]] = {
    "an image without a text alternative": ('<img src="/map.png" width="80" height="80">', ""),
    "text of too little contrast": ('<p style="color:#999;background:#fff">Bins are emptied on Tuesdays.</p>', ""),
    "a field without a label": ('<form><input type="text" name="street"></form>', ""),
    "a link without a name": ('<a href="/service-2/"></a>', ""),
    "a button without a name": ("<button></button>", ""),
    "no title": ("", "title"),
    "no language": ("", "language"),
    "zoom forbidden": ("", "zoom"),
    "a frame without a title": ('<iframe srcdoc="<p>Map</p>"></iframe>', ""),
    "headings out of order": ("<h2>Offices</h2><h5>Opening hours</h5>", ""),
    "targets too small and too close": (
        "".join(f'<a href="/service-{n}/" style="font-size:8px;display:inline-block">{n}</a>' for n in range(3, 9)),
        "",
    ),
    "an identifier that labels two fields": (
        '<label for="a">Name</label><input id="b"><label for="a">Town</label><input id="c">',
        "",
    ),
    "wider than a small window": ('<div style="width:900px;border:1px solid">Timetable of collections</div>', ""),
    "the focus cannot be seen": ("<style>a:focus{outline:none}</style>", ""),
    "a trap for the keyboard": (
        '<input aria-label="Postcode" onblur="setTimeout(() => this.focus())"><p>Enter your postcode</p>',
        "start",
    ),
    "a banner in the way that cannot be refused": (
        '<div id="cookie-banner" style="position:fixed;inset:0;background:#fff;color:#000">We use cookies '
        "<button>Accept all</button></div>",
        "",
    ),
}
"""What is planted, and where: in the main part of the page, at its start, or in its head."""


def site() -> dict[str, bytes]:
    """Path to HTML: the sound page and one for each flaw."""
    ordinary = pages(80)["/service-7/"].decode()
    style = "<style>a{color:#00c;display:inline-block;line-height:28px}</style>"
    head = f'<meta name="viewport" content="width=device-width, initial-scale=1">{style}</head>'
    sound = ordinary.replace("</head>", head)
    made = {f"/{_SOUND}": sound}
    for number, (body, where) in enumerate(FLAWS.values()):
        html = sound.replace("<main>", f"<main>{body}")
        if where == "start":
            html = sound.replace("<body>", f"<body>{body}")
        if where == "title":
            html = html[: html.index("<title>")] + html[html.index("</title>") + 8 :]
        elif where == "language":
            html = html.replace(' lang="en"', "")
        elif where == "zoom":
            html = html.replace("initial-scale=1", "initial-scale=1, maximum-scale=1, user-scalable=no")
        made[f"/flaw-{number}"] = html
    return {path: html.encode() for path, html in made.items()}


@contextmanager
def served() -> Iterator[str]:
    """The site's address while it is served."""
    made = site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _ours(chromium: str, urls: list[str]) -> Findings:
    async def examine() -> tuple[Examined, ...]:
        async def permit(url: str) -> None:
            pass

        async def may_search(url: str) -> bool:
            return False

        browser = Chromium(chromium, "Doorstep benchmark")
        try:
            return await browser.examine(Gate(frozenset({urlsplit(urls[0]).netloc}), permit, may_search, 0.0), urls)
        finally:
            await browser.close()

    return {urlsplit(one.url).path: _named(one) for one in asyncio.run(examine())}


def _named(one: Examined) -> frozenset[str]:
    """What we say of a page, axe-core's rules and our own."""
    if one.problem:
        raise SystemExit(f"ours could not examine {one.url}: {one.problem}")
    own = {
        "reflow": bool(one.reflow.beyond),
        "focus not visible": any(not stop.seen for stop in one.stops),
        "keyboard trap": bool(one.caught),
        "banner": one.banner is not None and not one.banner.gone,
    }
    return frozenset({rule.id for rule in one.violations} | {name for name, so in own.items() if so})


def _pa11y(chromium: str, urls: list[str]) -> Findings:
    home = peers.node_with("pa11y-ci", "lighthouse")
    launch = {"executablePath": chromium, "args": ["--no-sandbox"]}
    settings = {"runners": ["htmlcs", "axe"], "chromeLaunchConfig": launch, "timeout": 60000, "log": {}}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "pa11y.json"
        config.write_text(json.dumps({"defaults": settings, "urls": urls}))
        told = _run(
            [str(home / "node_modules/.bin/pa11y-ci"), "--json", "--threshold", "100000", "--config", str(config)],
            chromium,
        )
    return {urlsplit(url).path: frozenset(one["code"] for one in found) for url, found in told["results"].items()}


def _lighthouse(chromium: str, urls: list[str]) -> Findings:
    home = peers.node_with("pa11y-ci", "lighthouse")
    found: Findings = {}
    for url in urls:
        told = _run(
            [
                *(str(home / "node_modules/.bin/lighthouse"), url, "--quiet", "--output=json"),
                *("--only-categories=accessibility", "--chrome-flags=--headless=new --no-sandbox"),
            ],
            chromium,
        )
        audits = told["audits"].items()
        found[urlsplit(url).path] = frozenset(name for name, audit in audits if audit["score"] == 0)
    return found


def _run(command: list[str], chromium: str) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"CHROME_PATH": chromium})
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise peers.NotHere(f"{Path(command[0]).name} gave no result: {done.stderr.strip()[-300:]}") from None
    return result


CONTESTANTS: dict[str, Callable[[str, list[str]], Findings]] = {
    "ours": _ours,
    "pa11y": _pa11y,
    "lighthouse": _lighthouse,
}


def main(rounds: int) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Seconds a page of each contestant's best round, and which tools found each flaw."""
    chromium = find()
    if chromium is None:
        raise SystemExit("there is no Chromium on this machine; `make browser` gets one")
    best: dict[str, float] = {}
    found: dict[str, Findings] = {}
    with served() as home:
        urls = [home + path for path in site()]
        for _ in range(rounds):
            for name, contestant in CONTESTANTS.items():
                began = time.perf_counter()
                try:
                    found[name] = contestant(chromium, urls)
                except peers.NotHere as why:
                    print(f"{name} is left out: {why}", file=sys.stderr)
                    continue
                best[name] = min(best.get(name, float("inf")), (time.perf_counter() - began) / len(urls))
    by_flaw = {
        flaw: [name for name, pages in found.items() if pages[f"/flaw-{number}"] - pages[f"/{_SOUND}"]]
        for number, flaw in enumerate(FLAWS)
    }
    return best, by_flaw


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    seconds, flaws = main(arguments.rounds)
    ratios = {f"ratio_{name}": one / seconds["ours"] for name, one in seconds.items() if name != "ours"}
    counts = {f"found_{name}": sum(name in by for by in flaws.values()) for name in seconds}
    if arguments.json:
        told = {"seconds_per_page": seconds["ours"], **ratios, "planted": len(FLAWS), **counts}
        print(json.dumps({key: round(value, 3) for key, value in told.items()}))
    else:
        for name, one in seconds.items():
            times = f"{ratios[f'ratio_{name}']:6.1f} times ours" if name != "ours" else ""
            print(f"{name:12} {one:6.2f} s a page  {counts[f'found_{name}']:2} of {len(FLAWS)} flaws {times}")
        print()
        print(f"{'planted':45}" + "".join(f"{name:12}" for name in seconds))
        for flaw, by in flaws.items():
            print(f"{flaw:45}" + "".join(f"{'found' if name in by else '-':12}" for name in seconds))
