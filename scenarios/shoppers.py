"""Who shops: people.yaml of a programme folder. Ids alone: who they are, their co-ordinator keeps elsewhere.

shoppers:
  - id: s1
    channels: [phone, email]
    not_at: [amber]          # where they or their family live, work or are known
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from results.schema import CHANNELS, Channel, Id, Noun
from scenarios.reading import Problem, line_of, read_yaml

FILE = "people.yaml"


class Shopper(Noun):
    """One person: an id such as initials, the channels that they take, and organisations that they must not shop."""

    id: Id
    channels: tuple[Channel, ...] = Field(default=CHANNELS, min_length=1)
    not_at: tuple[Id, ...] = ()


class People(Noun):
    """people.yaml. `judged_twice`: the share of people's tasks that a second shopper judges too, from the evidence.

    `probes_judged`: the share of the probes' contacts that a person judges too.
    """

    most_tasks: int = Field(default=5, ge=1, le=100, description="at most so many tasks for one shopper in a wave")
    weeks: int = Field(default=5, ge=1, le=26, description="how long a shopper has")
    judged_twice: float = Field(default=0, ge=0, le=1)
    probes_judged: float = Field(default=0, ge=0, le=1)
    shoppers: tuple[Shopper, ...] = ()

    @field_validator("shoppers")
    @classmethod
    def _each_once(cls, value: tuple[Shopper, ...]) -> tuple[Shopper, ...]:
        ids = [one.id for one in value]
        if twice := next((id for id in ids if ids.count(id) > 1), None):
            raise ValueError(f"has {twice!r} twice; give each shopper an id of their own")
        return value


def read(folder: Path) -> People:
    """The programme's people; nobody where it has no such file. Raises `Invalid`."""
    return read_yaml(folder / FILE, People) if (folder / FILE).is_file() else People()


def problems(folder: Path, people: People, register: frozenset[str]) -> list[Problem]:
    """Organisations that nobody knows, each with its line."""
    return [
        Problem(
            FILE,
            line_of(folder / FILE, ["shoppers", place, "not_at", index]),
            f"shoppers.{place + 1}.not_at.{index + 1}",
            f"there is no organisation {id!r}; there are: {', '.join(sorted(register)) or 'none'}",
        )
        for place, shopper in enumerate(people.shoppers)
        for index, id in enumerate(shopper.not_at)
        if id not in register
    ]
