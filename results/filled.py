"""What a person wrote on a form, kept as it was written. What it is worth is worked out in `results.marking`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from results.schema import Fact, Noun

Said = Literal["value", "not applicable", "cannot tell", "never", "wrong"]
"""never: what was to be timed or judged never came. wrong: what stands in the cell is no answer to the question."""


class Given(Noun):
    """One question's answer. `value`: in the criterion's own terms, moments as ISO text; None unless `said` is value.

    `written`: what stood in a cell that is wrong. A question left empty has no `Given`, unless it has a comment.
    """

    said: Said | None = None
    value: Fact = None
    written: str = Field(default="", max_length=200)
    comment: str = Field(default="", max_length=2000)


class Filled(Noun):
    """One task as one shopper filled it in. `made`: whether the contact was made at all; `why`: where it was not."""

    shop: str
    shopper: str
    scheme: str = Field(description="the edition's digest under which its questions were asked")
    made: bool = True
    made_at: AwareDatetime | None = None
    answers: Mapping[str, Given] = {}
    comment: str = Field(default="", max_length=4000)

    @property
    def digest(self) -> str:
        """SHA-256 of what was filled in: the same form in another file has the same."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
