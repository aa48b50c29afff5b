"""For all tests: in which order the files are run."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Four workers share two cores: how long one example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

LONGEST = (
    "scenarios/test_killed.py",
    "scenarios/test_whole_way.py",
    "scenarios/test_calls_killed.py",
    "scenarios/test_called_back.py",
    "scenarios/test_followed_up.py",
    "scenarios/test_every_manner.py",
    "scenarios/test_tried_again.py",
    "phone_hearing/test_calls_heard.py",
    "web/test_web_unlike.py",
    "web/test_web_visit.py",
    "web/test_web_examine.py",
)
"""The files that take minutes, so that they are not what everybody waits for at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; every file keeps its own order."""
    names = {name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((place for name, place in names.items() if path.endswith(name)), len(names))

    items.sort(key=place)
