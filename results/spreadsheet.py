"""What keeps texts from outside from becoming formulas in a spreadsheet program."""

from __future__ import annotations

from typing import TypeVar

_Value = TypeVar("_Value")

AS_TEXT = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
"""XlsxWriter's settings by which a text is written as a text, whatever it looks like."""


def safe(value: _Value) -> _Value | str:
    """A cell of a CSV file. A text that would be taken for a formula is marked as text by an apostrophe (OWASP)."""
    if isinstance(value, str) and value and (value.lstrip()[:1] in ("=", "+", "-", "@") or value[0] < " "):
        return f"'{value}"
    return value
