"""What a practice council is like: the model of councils/*.yaml. A file holds the truth that a probe is to find.

To make a partnership of your own, copy the councils folder, change the files and start with `--councils FOLDER`. Shares
are whole numbers: manners with the shares 6, 3 and 1 are met six, three and one time in ten, evenly mixed, in the same
order every time. What e-mails meet is `manners`', what callers meet `lines`'. How a council acts on all this is in
`letters`, `network` and `site`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from results.calendar import Calendar, Nation
from results.schema import Id, Name, Noun, Tier
from scenarios.practice import catalogue
from scenarios.practice.lines import PracticeLine
from scenarios.practice.manners import Mail, known
from scenarios.reading import Invalid, Problem, line_of, read_yaml

FOLDER = Path(__file__).parent / "councils"
ServiceId = Annotated[str, AfterValidator(lambda name: known(name, (one.id for one in catalogue.SERVICES)))]

# ------------------------------------------------------------------------------------------------ website


class AToZ(Noun):
    """The A to Z of services."""

    present: bool = True
    dead_letters: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]$")], ...] = ()
    everyday_words: bool = Field(
        default=True, description="whether tip, dustbin and rubbish stand beside official terms"
    )
    missing: tuple[ServiceId, ...] = Field(
        default=(), description="services (ids of services.yaml) that were forgotten"
    )


class Search(Noun):
    """The site's search. script: results are fetched and drawn by a script. dead: the form leads to a missing page."""

    kind: Literal["page", "script", "dead", "none"] = "page"
    rank: int = Field(default=1, ge=1, le=60, description="where the right page stands among the results")
    results: int = Field(default=8, ge=1, le=300, description="how many results a word brings")
    summaries: bool = True
    everyday_words: bool = True
    forgives_misspelling: bool = True
    helps_when_empty: bool = True

    @model_validator(mode="after")
    def _the_right_page_is_among_the_results(self) -> Search:
        if self.rank > self.results:
            raise ValueError(f"a right page at rank {self.rank} needs at least {self.rank} results; raise `results`")
        return self


class Odd(Noun):
    """A number shown as text that no line has: a placeholder, one a digit short, an 0845."""

    label: Name
    shown: Annotated[str, StringConstraints(pattern=r"^[0-9 ()-]{5,30}$")]
    cost: str = Field(default="", max_length=120, description="what stands beside it about the cost of a call")


class ContactPage(Noun):
    """The page that says how to reach the council, and how the numbers are written on the whole site."""

    present: bool = True
    hours: bool = True
    email: bool = True
    numbers: Literal["spaced", "unspaced", "no code"] = "spaced"
    tel_links: bool = True
    odd_numbers: tuple[Odd, ...] = ()
    disagrees: bool = Field(
        default=False, description="whether the pages about council tax give another number for it than this page"
    )


Barrier = Literal["contrast", "focus", "reflow"]


class Website(Noun):
    """The council's website and its faults. All well when nothing is said."""

    look: Literal["civic", "modern", "plain"] = "civic"
    a_to_z: AToZ = AToZ()
    search: Search = Search()
    contact: ContactPage = ContactPage()
    broken_links: int = Field(default=0, ge=0, le=40)
    jobs: Literal["home", "deep"] = "home"
    leisure: Literal["home", "deep"] = "home"
    statement: Literal["full", "thin", "none"] = Field(default="full", description="the accessibility statement")
    barriers: tuple[Barrier, ...] = Field(
        default=(), description="pale text, a focus that cannot be seen, pages wider than a small window"
    )
    standards: Literal["all times", "two times"] = Field(default="two times", description="the service standards")
    complaints: Literal["code", "brief"] = Field(default="brief", description="what the complaints page tells")
    documents: Literal["none", "accessible", "bare"] = Field(
        default="none", description="PDFs: none, with tags, title and language and links that say so, or without"
    )
    online: bool = Field(default=True, description="whether a service's page has the form with which to begin")
    last_updated: Name = Field(default="2 November 2026", description="the date at the foot of a service's page")
    cookie_banner: bool = Field(
        default=False, description="whether one covers the foot of the window until it is refused"
    )
    soft_404: bool = Field(
        default=False, description="whether a page that is not there answers 200 and says so in words"
    )
    sorts: bool = Field(
        default=False, description="whether listings link to themselves in endless other orders, below sort-newest/"
    )
    jobs_by_script: bool = Field(default=False, description="whether a script draws the list of vacancies")
    robots_disallow: tuple[Annotated[str, StringConstraints(pattern=r"^/[a-z./*-]*$")], ...] = ()


# ------------------------------------------------------------------------------------------------ the council


class Council(Noun):
    """One practice council."""

    id: Id
    name: Name
    about: Name = Field(description="in one sentence, what is good and bad at this council")
    nation: Nation = "England"
    tier: Tier = "unitary"
    aliases: tuple[Name, ...] = ()
    hours: Calendar = Calendar()
    mail: Mail
    lines: tuple[PracticeLine, ...] = ()
    website: Website = Website()

    @model_validator(mode="after")
    def _hours_follow_the_nation(self) -> Council:
        if self.hours.nation != self.nation:
            object.__setattr__(self, "hours", self.hours.model_copy(update={"nation": self.nation}))
        return self

    @property
    def domain(self) -> str:
        """The domain of its first e-mail address."""
        return self.mail.domain


def read_councils(folder: Path = FOLDER, only: Sequence[str] = ()) -> tuple[Council, ...]:
    """The councils of a folder, by file name; `only` these ids. Raises `Invalid` with every mistake."""
    problems: list[Problem] = []
    councils: list[tuple[Path, Council]] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            councils.append((path, read_yaml(path, Council)))
        except Invalid as invalid:
            problems += invalid.problems
    problems += _said_twice(councils)
    if not councils and not problems:
        problems.append(Problem(str(folder), 0, "", "holds no council; put at least one .yaml file there"))
    known = {council.id for _, council in councils}
    if not problems:
        problems += [
            Problem(str(folder), 0, one, f"is not one of {', '.join(sorted(known))}") for one in set(only) - known
        ]
    if problems:
        raise Invalid(problems)
    return tuple(council for _, council in councils if not only or council.id in only)


def _said_twice(councils: Iterable[tuple[Path, Council]]) -> list[Problem]:
    """Ids, addresses and numbers that two councils claim."""
    seen: dict[str, str] = {}
    problems = []
    for path, council in councils:
        claims: list[tuple[tuple[str | int, ...], str]] = [(("id",), council.id)]
        claims += [(("mail", "addresses", i), address) for i, address in enumerate(council.mail.addresses)]
        claims += [(("lines", i, "number"), line.number) for i, line in enumerate(council.lines)]
        for where, claim in claims:
            if claim in seen:
                key = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
                message = f"{claim} is in {seen[claim]} too; each may be used once"
                problems.append(Problem(path.name, line_of(path, where), key, message))
            seen.setdefault(claim, path.name)
    return problems
