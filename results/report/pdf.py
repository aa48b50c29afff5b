"""The wave report as A4 pages, printed by Chromium from the page for people."""

from __future__ import annotations

from html import escape
from pathlib import Path

from playwright.async_api import async_playwright

_FOOT = (
    '<div style="font: 7pt Arial, sans-serif; color: #4f5b69; width: 100%; padding: 0 16mm; display: flex; '
    'justify-content: space-between"><span>{title}</span>'
    '<span>Page <span class="pageNumber"></span> of <span class="totalPages"></span></span></div>'
)


async def write_pdf(page: Path, path: Path, title: str, browser: str) -> None:
    """Print the page at `page` to `path`, with page numbers. `browser`: a Chromium program."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser)
        try:
            context = await chromium.new_context(java_script_enabled=False, offline=True)
            sheet = await context.new_page()
            await sheet.goto(page.resolve().as_uri())
            await sheet.pdf(
                path=path,
                prefer_css_page_size=True,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=_FOOT.format(title=escape(title)),
                tagged=True,
                outline=True,
            )
        finally:
            await chromium.close()
