"""How the tasks' pages look from outside, and how easily they read."""

from __future__ import annotations

import pytest

from probes.web import landing, top_tasks
from probes.web.reading import Reading
from results.schema import Why
from tests.probes.web.house import page, site

PLAIN = "We come to your home on the day you chose. You can ask us for more bins.\n" * 5
LEARNED = (
    "Notwithstanding the aforementioned eligibility considerations, applications necessitating supplementary "
    "documentation remain administratively inadmissible.\n"
) * 5


def read(html: str) -> Reading:
    one = site("<a href=/m>Missed bin</a>", page("/m", html))
    return landing.read(one, top_tasks.find(one, [task for task in top_tasks.TASKS if task.id == "missed-bin"]))


@pytest.mark.parametrize(
    ("head", "share"),
    [
        ("<title>Report a missed bin - Us</title><meta name=description content='Tell us of a bin left full.'>", 100),
        ("<title>Ambleford Council</title><meta name=description content='Tell us of a bin left full.'>", 0),
        ("<title>Report a missed bin - Ambleford</title>", 0),
        ("<title>Report a missed bin</title><meta name=Description content=' '>", 0),
    ],
)
def test_the_title_names_the_page_and_the_description_says_something(head: str, share: int) -> None:
    assert read(f"{head}<h1>Missed bin</h1>").facts["web.task.google_like"] == share


def test_plain_words_read_easily_and_learned_ones_do_not() -> None:
    plain, learned = landing.reading_ease(PLAIN), landing.reading_ease(LEARNED)

    assert plain is not None
    assert learned is not None
    assert plain > 90
    assert learned < 0


def test_a_page_of_labels_is_not_measured() -> None:
    assert landing.reading_ease("Home\nContact us\nBins\nCouncil tax") is None
    assert read("<h1>Missed bin</h1>").unknown["a11y.readability"][0] is Why.NOT_APPLICABLE
