"""Reading a council's website of 2,000 pages and finding its dead links: our crawler against others, in one run.

    python -m benchmarks.crawl [--json] [--pages 2000] [--rounds 3]

The site is served from memory by a process of its own (`benchmarks.council_site`). The contestants take turns, each in
a process of its own, and each one's best round counts; starting Python or Node is not counted. Who does not find every
page and every dead link fails the run.

- ours: `probes.web.crawl.Crawler` as in a visit, the guard before every request, at a pace of nothing.
- raw asyncio: HTTP over bare sockets and our parser, keeping nothing and asking nobody: what one core of Python can do.
- Scrapy with an XPath for the links and a set of those it has asked for, its fastest form; Crawlee (Parsel);
  linkinator. `benchmarks.peers` installs them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from benchmarks import peers
from benchmarks.council_site import DEAD, PAGES, served
from probes.clock import RealClock
from probes.guard import Effect, Guard
from probes.web.crawl import Crawler, client
from probes.web.pages import links
from results.schema import Consent, Contacts, Limits, Organisation, Refusal

Result = tuple[float, int, int]
"""Seconds, pages read, dead links."""

_SCRAPY = """
import json, sys, time
import scrapy
from scrapy.crawler import CrawlerProcess
home = sys.argv[1]
pages, dead, asked = set(), set(), {home}
class Spider(scrapy.Spider):
    name = "council"
    start_urls = [home]
    handle_httpstatus_list = [404]
    custom_settings = {"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": True, "TELNETCONSOLE_ENABLED": False, "COOKIES_ENABLED": False,
        "RETRY_ENABLED": False}
    def parse(self, response):
        if response.status == 404:
            dead.add(response.url)
            return
        pages.add(response.url)
        for href in response.xpath("//a/@href").getall():
            url = response.urljoin(href)
            if url not in asked:
                asked.add(url)
                yield scrapy.Request(url, self.parse, dont_filter=True)
process = CrawlerProcess()
process.crawl(Spider)
began = time.perf_counter()
process.start()
print(json.dumps([time.perf_counter() - began, len(pages), len(dead)]))
"""

_CRAWLEE = """
import asyncio, json, sys, time
from datetime import timedelta
from crawlee import ConcurrencySettings
from crawlee.configuration import Configuration
from crawlee.crawlers import ParselCrawler
from crawlee.storage_clients import MemoryStorageClient
pages, dead = set(), set()
async def main():
    crawler = ParselCrawler(max_request_retries=0, storage_client=MemoryStorageClient(), configure_logging=False,
        concurrency_settings=ConcurrencySettings(min_concurrency=16, max_concurrency=16, desired_concurrency=16))
    @crawler.router.default_handler
    async def handle(context):
        pages.add(context.request.url)
        await context.enqueue_links()
    @crawler.failed_request_handler
    async def failed(context, error):
        dead.add(context.request.url)
    began = time.perf_counter()
    await crawler.run([sys.argv[1]])
    print(json.dumps([time.perf_counter() - began, len(pages), len(dead)]))
asyncio.run(main())
"""

_LINKINATOR = """
import { LinkChecker } from 'linkinator';
const began = performance.now();
const result = await new LinkChecker().check({ path: process.argv[2], recurse: true, concurrency: 16, retry: false });
const own = result.links.filter(one => one.url.startsWith(process.argv[2]));
console.log(JSON.stringify([(performance.now() - began) / 1000, own.filter(one => one.status === 200).length,
  own.filter(one => one.state === 'BROKEN').length]));
"""


class _Open:
    """A ledger that counts nothing: no organisation is on the other side."""

    async def pauses(self) -> Mapping[str, str]:
        return {}

    async def reserve(self, effect: Effect, at: object, day: object, most: int, gap: float) -> float | None:
        return 0.0

    async def occupy(self, effect: Effect, holder: str) -> bool:
        return True

    async def release(self, effect: Effect, holder: str) -> None:
        pass

    async def record(self, refusal: Refusal) -> None:
        raise RuntimeError(refusal.reason)


async def _ours(home: str) -> Result:
    host, clock = urlsplit(home).netloc, RealClock()
    today = clock.now().date()
    consent = Consent(
        agreed_by="the benchmark",
        valid_from=today,
        until=today.replace(year=today.year + 1, day=1),
        channels=("web",),
        hosts=(host,),
        limits=Limits(seconds_between_pages=0),
    )
    council = Organisation(id="bench", name="Wrenbury Council", contacts=Contacts(sites=(home,)), consent=consent)
    async with client("Doorstep benchmark") as http:
        guard = Guard({council.id: council}, _Open(), clock, "practice")
        crawler = Crawler(http, guard, clock, council.id, None, (host,), budget=10 * PAGES)
        began = time.perf_counter()
        site = await crawler.crawl(home)
        took = time.perf_counter() - began
    return took, len(site.readable), sum(page.status == 404 for page in site.pages.values())


async def _raw(home: str) -> Result:
    parts = urlsplit(home)
    queue, seen, dead, read = [home], {home}, set[str](), 0

    async def work() -> None:
        nonlocal read
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while queue or busy:
            if not queue:
                await asyncio.sleep(0.001)
                continue
            url = queue.pop()
            busy.add(url)
            writer.write(f"GET {urlsplit(url).path} HTTP/1.1\r\nhost: {parts.netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
            if b" 404 " in head[:16]:
                dead.add(url)
            else:
                read += 1
                for link in links(LexborHTMLParser(body), url):
                    if link.url not in seen:
                        seen.add(link.url)
                        queue.append(link.url)
            busy.discard(url)
        writer.close()

    busy: set[str] = set()
    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(4)))
    return time.perf_counter() - began, read, len(dead)


def _alone(name: str) -> Callable[[str], Result]:
    """One of our own contestants in a process of its own, as the others are."""
    return lambda home: _result([sys.executable, "-m", "benchmarks.crawl", "--alone", name, home])


def _scrapy(home: str) -> Result:
    return _result([peers.python_with("scrapy", "crawlee[parsel]"), _script("scripts/run_scrapy.py", _SCRAPY), home])


def _crawlee(home: str) -> Result:
    return _result([peers.python_with("scrapy", "crawlee[parsel]"), _script("scripts/run_crawlee.py", _CRAWLEE), home])


def _linkinator(home: str) -> Result:
    peers.node_with("linkinator")
    return _result(["node", _script("node/linkinator.mjs", _LINKINATOR), home])


def _script(name: str, text: str) -> str:
    path = peers.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


CONTESTANTS: dict[str, Callable[[str], Result]] = {
    "ours": _alone("ours"),
    "raw_asyncio": _alone("raw"),
    "scrapy": _scrapy,
    "crawlee": _crawlee,
    "linkinator": _linkinator,
}


def _result(command: list[str]) -> Result:
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        took, read, dead = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise peers.NotHere(f"{command[0]} gave no result: {done.stderr.strip()[-300:]}") from None
    return took, read, dead


def main(pages: int, rounds: int) -> dict[str, float]:
    """Let each contestant read the site in turn, and compare. Raises `SystemExit` when one missed something."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, contestant in CONTESTANTS.items():
            with served(pages) as home:
                try:
                    took, read, dead = contestant(home)
                except peers.NotHere as why:
                    print(f"{name} is left out: {why}", file=sys.stderr)
                    continue
            if read != pages or dead != DEAD:
                raise SystemExit(f"{name} read {read} of {pages} pages and found {dead} of {DEAD} dead links")
            best[name] = min(best.get(name, took), took)
    result = {"pages": pages, "pages_per_s": pages / best["ours"], **{f"{name}_s": s for name, s in best.items()}}
    return result | {f"ratio_{name}": seconds / best["ours"] for name, seconds in best.items() if name != "ours"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        name, home = arguments.alone
        print(json.dumps(asyncio.run(_ours(home) if name == "ours" else _raw(home))))
        raise SystemExit
    found = main(arguments.pages, arguments.rounds)
    if arguments.json:
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    else:
        for name in CONTESTANTS:
            if f"{name}_s" in found:
                seconds = found[f"{name}_s"]
                print(f"{name:12} {seconds:7.2f} s {arguments.pages / seconds:7.0f} pages/s", end="")
                print(f" {found[f'ratio_{name}']:6.1f} times ours" if name != "ours" else "")
