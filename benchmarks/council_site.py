"""A council's website of 2,000 pages for the benchmarks of the crawler, served from memory by a process of its own.

    python -m benchmarks.council_site PORT [PAGES]

Pages are about 40 kB with some 180 links each; 42 addresses that are linked to are dead. Always the same for a size.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAGES = 2000
DEAD = 42
_WORDS = [
    "council",
    "service",
    "apply",
    "online",
    "telephone",
    "office",
    "working",
    "days",
    "before",
    "after",
    "school",
]
_TEMPLATE = 60  # links that every page has
_OWN = 120  # links of a page's own


def pages(count: int = PAGES) -> dict[str, bytes]:
    """Path to HTML, the same on every run."""
    dice = random.Random(7)
    paths = ["/", *(f"/service-{number}/" for number in range(1, count))]
    dead = {number: f"/gone-{number}/" for number in dice.sample(range(1, count), DEAD)}
    menu = "".join(f'<li><a href="{path}">{_name(path)}</a></li>' for path in paths[:_TEMPLATE])
    made = {}
    for number, path in enumerate(paths):
        # Each leads to the next ones, so that all can be reached, and to others at random.
        near = [paths[(number * 3 + step) % count] for step in (1, 2, 3)]
        links = [*near, *(dice.choice(paths) for _ in range(_OWN - 3))]
        if number in dead:
            links.append(dead[number])
        body = "".join(
            f'<li><a href="{link}" class="item">{_name(link)}</a><p>{_sentence(dice, 20)}</p></li>' for link in links
        )
        made[path] = (
            f'<!doctype html><html lang="en"><head><title>{_name(path)} - Wrenbury Council</title></head><body><header>'
            f"<nav><ul>{menu}</ul></nav></header><main><h1>{_name(path)}</h1><p>{_sentence(dice, 400)}</p>"
            f"<ul>{body}</ul></main><footer><p>Telephone 0113 496 0{number % 1000:03}</p></footer></body></html>"
        ).encode()
    return made


def _name(path: str) -> str:
    return path.strip("/").replace("-", " ").capitalize() or "Home"


def _sentence(dice: random.Random, words: int) -> str:
    return " ".join(dice.choices(_WORDS, k=words)).capitalize() + "."


@contextmanager
def served(count: int = PAGES) -> Iterator[str]:
    """The address of the site, while it is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.council_site", str(port), str(count)])
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


class _Served(asyncio.Protocol):
    """HTTP/1.1 with connections that stay open, as little of it as a crawler needs."""

    def __init__(self, site: dict[str, bytes]) -> None:
        self._site = site
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (end := self._heard.find(b"\r\n\r\n")) >= 0:
            request, self._heard = self._heard[:end], self._heard[end + 4 :]
            method, path, _ = request.split(b"\r\n", 1)[0].split(b" ", 2)
            body = self._site.get(path.decode().partition("?")[0])
            status = b"200 OK" if body is not None else b"404 Not Found"
            body = body or b"<!doctype html><title>Not found</title><h1>Page not found</h1>"
            head = b"HTTP/1.1 %b\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: %d\r\n\r\n"
            self._transport.write(head % (status, len(body)) + (b"" if method == b"HEAD" else body))


async def _serve(port: int, count: int) -> None:
    site = pages(count)
    server = await asyncio.get_running_loop().create_server(lambda: _Served(site), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else PAGES))
