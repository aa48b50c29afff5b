"""A programme folder: programme.toml, register/*.yaml, scenarios/*.yaml, enquiries/*.yaml, waves/*.yaml.

`load` reads the whole of it and tells every mistake at once. Secrets are not in it: see `scenarios.credentials`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from probes.guard import Carrier, never_dialled
from results import scheme
from results.schema import E164, Address, Enquiry, Name, Noun, Organisation, Scenario, Wave
from scenarios.reading import Invalid, Problem, line_of, read_toml, read_yaml

LIBRARY = Path(__file__).parent / "library"
Item = TypeVar("Item", Organisation, Scenario, Enquiry, Wave)
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/?$")]


class MailAccount(Noun):
    """The mailbox that probe mails come from and answers come to. Its password is not here."""

    mailbox: Address
    username: Name
    smtp_host: Name
    smtp_port: int = Field(default=587, ge=1, le=65535)
    imap_host: Name
    imap_port: int = Field(default=993, ge=1, le=65535)
    tls: bool = True


class PhoneAccount(Noun):
    """The carrier's account. Its secret is not here. `caller`: a number of your own, answered by an explanation."""

    provider: Literal["twilio"] = "twilio"
    account: Annotated[str, StringConstraints(pattern=r"^AC[0-9a-fA-F]{32}$")]
    caller: E164
    calls_per_second: float = Field(default=1.0, gt=0, le=100)


class Practice(Noun):
    """The practice partnership that this programme shops instead of the world."""

    house: Url
    carrier: Url


class Programme(Noun):
    """programme.toml."""

    partnership: Name
    contact: Name = Field(description="where a webmaster may ask: a web or e-mail address, in the user agent")
    mail: MailAccount | None = None
    phone: PhoneAccount | None = None
    practice: Practice | None = None

    @property
    def carrier(self) -> Carrier:
        """Whether telephones are real or the practice exchange."""
        return "practice" if self.practice else "real"


@dataclass(frozen=True)
class Folder:
    """A programme folder, read and found right."""

    path: Path
    programme: Programme
    register: Mapping[str, Organisation]
    scenarios: Mapping[str, Scenario]
    enquiries: Mapping[str, Enquiry]
    waves: Mapping[str, Wave]


def load(path: Path) -> Folder:
    """Read a programme folder. Raises `Invalid` with every mistake in every file."""
    if not (path / "programme.toml").is_file():
        why = "is not a programme folder: it has no programme.toml; `doorstep init` makes one"
        raise Invalid([Problem(str(path), 0, "", why)])
    problems: list[Problem] = []
    programme = _attempt(problems, lambda: read_toml(path / "programme.toml", Programme))
    folder = Folder(
        path=path,
        programme=programme or Programme(partnership="?", contact="?"),
        register=_read_all(path / "register", Organisation, problems),
        scenarios=_read_all(path / "scenarios", Scenario, problems),
        enquiries={**library(), **_read_all(path / "enquiries", Enquiry, problems)},
        waves=_read_all(path / "waves", Wave, problems),
    )
    if not problems:
        problems = [
            *_programme_problems(folder),
            *_register_problems(folder),
            *_enquiry_problems(folder),
            *_scenario_problems(folder),
            *_wave_problems(folder),
        ]
    if problems:
        raise Invalid(problems)
    return folder


def library() -> dict[str, Enquiry]:
    """The ready-made enquiries that come with Doorstep."""
    return {path.stem: read_yaml(path, Enquiry) for path in sorted(LIBRARY.glob("*.yaml"))}


def is_loopback(host: str) -> bool:
    """Whether a host (perhaps with a port) is this machine."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _attempt(problems: list[Problem], read: Callable[[], Programme]) -> Programme | None:
    try:
        return read()
    except Invalid as error:
        problems.extend(error.problems)
        return None


def _read_all(folder: Path, model: type[Item], problems: list[Problem]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            item = read_yaml(path, model)
        except Invalid as error:
            problems.extend(_under(folder.name, error.problems))
            continue
        if item.id in found:
            why = f"is {item.id!r}, which another file of {folder.name}/ has already; give it a name of its own"
            problems.append(Problem(f"{folder.name}/{path.name}", line_of(path, ["id"]), "id", why))
        elif path.stem != item.id:
            why = f"is {item.id!r} but the file is {path.name}; make them the same"
            problems.append(Problem(f"{folder.name}/{path.name}", line_of(path, ["id"]), "id", why))
        found[item.id] = item
    return found


def _under(folder: str, problems: tuple[Problem, ...]) -> list[Problem]:
    return [Problem(f"{folder}/{each.file}", each.line, each.key, each.message) for each in problems]


def _at(folder: Folder, room: str, id: str, where: list[str | int], message: str) -> Problem:
    path = folder.path / room / f"{id}.yaml"
    if not path.exists():
        path = path.with_suffix(".yml")
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
    return Problem(f"{room}/{path.name}", line_of(path, where), key, message)


def _programme_problems(folder: Folder) -> list[Problem]:
    programme, found = folder.programme, []
    if programme.practice:
        hosts = {
            "practice.house": urlsplit(programme.practice.house).hostname or "",
            "practice.carrier": urlsplit(programme.practice.carrier).hostname or "",
        }
        if programme.mail:
            hosts |= {"mail.smtp_host": programme.mail.smtp_host, "mail.imap_host": programme.mail.imap_host}
        for key, host in hosts.items():
            if not is_loopback(host):
                why = f"is {host!r}; a practice partnership lives on this machine: use 127.0.0.1"
                found.append(_in_programme(folder, key, why))
    elif programme.phone and (why_not := never_dialled(programme.phone.caller, "real")):
        why = f"{why_not}; give a landline, 03 or freephone number of your own that people can ring back"
        found.append(_in_programme(folder, "phone.caller", why))
    return found


def _in_programme(folder: Folder, key: str, message: str) -> Problem:
    return Problem("programme.toml", line_of(folder.path / "programme.toml", key.split(".")), key, message)


def _register_problems(folder: Folder) -> list[Problem]:
    found = []
    for organisation in folder.register.values():
        contacts, consent = organisation.contacts, organisation.consent
        for index, line in enumerate(contacts.lines):
            if why_not := never_dialled(line.number, folder.programme.carrier):
                where: list[str | int] = ["contacts", "lines", index, "number"]
                found.append(_at(folder, "register", organisation.id, where, f"{why_not}; take it out"))
        if consent is None:
            continue
        published = {
            "lines": {line.number for line in contacts.lines},
            "addresses": set(contacts.addresses),
            "hosts": {urlsplit(site).netloc.lower() for site in contacts.sites},
        }
        for key in ("lines", "addresses"):
            for index, target in enumerate(getattr(consent, key)):
                if target not in published[key]:
                    why = f"{target} is not among the contacts' {key}; add it there or take it out here"
                    found.append(_at(folder, "register", organisation.id, ["consent", key, index], why))
    return found


# MRS and West Berkshire 2012: never set off services for people in danger; 3Fox 2015: plain mail handled as FOI.
_FORBIDDEN = {
    r"\binformation (?:that )?you hold\b|\bunder the (?:\w+ ){0,6}act\b|freedom of information|subject access": (
        "reads like a request under an Act; ask it as a resident would"
    ),
    r"\bsuicid|self[- ]harm|\babus(?:e|ed|ive)\b|missing (?:person|child)|homeless tonight|no roof|risk to life": (
        "touches people in danger; a test must never set off that service"
    ),
    r"\b(?:formal|official) complaint\b|\bI (?:want|wish) to complain\b": (
        "is a complaint; complaints are only for people who have one"
    ),
}


def _enquiry_problems(folder: Folder) -> list[Problem]:
    found = []
    for enquiry in folder.enquiries.values():
        for pattern, why in _FORBIDDEN.items():
            if match := re.search(pattern, f"{enquiry.subject}\n{enquiry.words}", re.IGNORECASE):
                found.append(_at(folder, "enquiries", enquiry.id, ["words"], f"{match[0]!r} {why}"))
    return found


def _scenario_problems(folder: Folder) -> list[Problem]:
    found = []
    for scenario in folder.scenarios.values():
        for index, enquiry in enumerate(scenario.enquiries):
            if enquiry not in folder.enquiries:
                why = f"there is no enquiry {enquiry!r}; there are: {', '.join(sorted(folder.enquiries))}"
                found.append(_at(folder, "scenarios", scenario.id, ["enquiries", index], why))
        for channel, table in (("email", "mail"), ("phone", "phone")):
            if scenario.channel == channel and getattr(folder.programme, table) is None:
                why = f"is {channel}, but programme.toml has no [{table}] table; add it"
                found.append(_at(folder, "scenarios", scenario.id, ["channel"], why))
    return found


def _wave_problems(folder: Folder) -> list[Problem]:
    found = []
    for wave in folder.waves.values():
        for key, known in (("scenarios", folder.scenarios), ("organisations", folder.register)):
            for index, id in enumerate(getattr(wave, key)):
                if id not in known:
                    why = f"there is no {key.removesuffix('s')} {id!r}; there are: {', '.join(sorted(known)) or 'none'}"
                    found.append(_at(folder, "waves", wave.id, [key, index], why))
        if wave.profile not in scheme.profiles():
            why = f"there is no standards profile {wave.profile!r}; there are: {', '.join(scheme.profiles())}"
            found.append(_at(folder, "waves", wave.id, ["profile"], why))
    return found
