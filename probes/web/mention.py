"""A telephone number as a page shows it: what the readers of numbers hand to each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mention:
    """A number as one page shows it. `number`: E.164, None when it is not a valid UK number."""

    page: str
    shown: str
    number: str | None
    spaced: bool | None
    """None: only a link holds it ("Call us"), so nobody sees how it is spaced."""
    linked: bool
    charged: bool
    coded: bool = True
    """Whether it has its dialling code."""
    label: str = ""
    """What it is for, in the page's words."""
    kind: str = "other"
    whose: str = "own"
    textphone: bool = False
    dials: str | None = None
    """E.164, where its link dials another number than it shows."""
    cost_shown: bool | None = None
    """Whether what a call costs stands beside it; None where it costs no more than others."""
    marked_up: bool = False
    """Whether only machines are told it: it is judged by what it is, not by how it looks."""
