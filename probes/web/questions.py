"""What a page is asked in the browser: one file of script, one object of functions that answer with plain data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def _functions(file: str) -> str:
    return files("probes.web").joinpath(file).read_text("utf-8").partition("\n")[2].strip()


def asking(question: str, file: str = "examine.js") -> str:
    """The script that puts a question, such as "overflow()", to a page."""
    return f"{_functions(file)}.{question}"


def asking_each(*questions: str) -> str:
    """The script that puts several questions one after the other, in one journey, and answers with a list."""
    answers = ", ".join(f"await page.{question}" for question in questions)
    return f"(async () => {{ const page = {_functions('examine.js')}; return [{answers}]; }})()"
