"""A programme folder: programme.toml, schedules.yaml, and *.yaml in register/, scenarios/, enquiries/, profiles/ and
waves/.

`load` reads the whole of it and tells every mistake at once. Secrets are not in it: see `scenarios.credentials`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from probes.guard import Carrier, never_dialled
from results import scheme
from results.retention import Retention
from results.schema import (
    Address,
    Enquiry,
    Id,
    Name,
    Noun,
    Organisation,
    Profile,
    Scenario,
    Scheme,
    Wave,
)
from scenarios import lint, schedules, shoppers
from scenarios.operators import AlertRoutes, Seeing
from scenarios.phone_account import PhoneAccount, SipTrunk
from scenarios.reading import Invalid, Problem, Reader, line_of, read_toml, read_yaml
from scenarios.schedules import Schedule
from scenarios.shoppers import People

LIBRARY = Path(__file__).parent / "library"
_WINDOW = "email.reply_working_days"
One = TypeVar("One")
Item = TypeVar("Item", Organisation, Scenario, Enquiry, Wave, Profile)
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/?$")]
_FULL_NAME = r"^[^\W\d_]+(?:['’-][^\W\d_]+)* [^\W\d_]+(?:['’-][^\W\d_]+)*$"
PersonaName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_FULL_NAME)]


class MailAccount(Noun):
    """A mailbox that probe mails come from and answers come to. Its password or token is not here.

    `addresses`: how each contact gets an address of its own: plus (shopper+tag@…), catch-all (tag@…), or not at all
    (one), when `persona` names who writes from it.
    """

    mailbox: Address
    username: Name
    smtp_host: Name
    smtp_port: int = Field(default=587, ge=1, le=65535)
    imap_host: Name
    imap_port: int = Field(default=993, ge=1, le=65535)
    tls: bool = True
    addresses: Literal["plus", "catch-all", "one"] = "plus"
    persona: PersonaName | None = None
    sign_in: Literal["password", "microsoft", "google"] = "password"
    client_id: Name | None = Field(default=None, description="of your own application, for Microsoft or Google")
    tenant: Name = Field(default="organizations", description="Microsoft's directory")

    @model_validator(mode="after")
    def _holds_together(self) -> MailAccount:
        if self.addresses == "one" and self.persona is None:
            raise ValueError('addresses is "one", so everybody sees the same sender; say who it is in persona')
        if self.sign_in != "password" and self.client_id is None:
            raise ValueError(f"sign_in is {self.sign_in!r}, which needs the client_id of an application of yours")
        return self


class Practice(Noun):
    """The practice partnership that this programme shops instead of the world."""

    house: Url
    carrier: Url


class EngineChoice(Noun):
    """Who does the work: the process that was asked to (local), or workers on any number of machines (procrastinate).

    `database`: where the results are kept, for all machines; DOORSTEP_DATABASE goes before it.
    """

    kind: Literal["local", "procrastinate"] = "local"
    database: str | None = Field(default=None, pattern=r"^postgres(ql)?://", description="postgresql://user@host/name")

    @field_validator("database")
    @classmethod
    def _is_no_secret(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).password is not None:
            raise ValueError("holds a password; leave it out and put it in ~/.pgpass or in DOORSTEP_DATABASE")
        return value


class Programme(Noun):
    """programme.toml."""

    partnership: Name
    contact: Name = Field(description="where a webmaster may ask: a web or e-mail address, in the user agent")
    personas: tuple[PersonaName, ...] = Field(default=(), description="first and last names that enquirers go by")
    mail: Mapping[Id, MailAccount] = {}
    phone: PhoneAccount | None = None
    practice: Practice | None = None
    retention: Retention = Retention()
    engine: EngineChoice = EngineChoice()
    seeing: Seeing = Seeing()
    alerts: AlertRoutes = AlertRoutes()

    @field_validator("mail", mode="before")
    @classmethod
    def _has_names(cls, value: object) -> object:
        if isinstance(value, dict) and any(not isinstance(each, dict) for each in value.values()):
            raise ValueError("holds a mailbox without a name; write [mail.main] instead of [mail]")
        return value

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
    profiles: Mapping[str, Profile]
    schedules: Mapping[str, Schedule]
    people: People = field(default_factory=People)

    def scheme(self, profile: str) -> Scheme:
        """Today's scheme with a standards profile: the folder's own, or one that comes with Doorstep."""
        return scheme.build(self.profiles[profile]) if profile in self.profiles else scheme.load(profile)


def load(path: Path, read: Reader = read_yaml) -> Folder:
    """Read a programme folder. `read`: how its YAML files are. Raises `Invalid` with every mistake in every file."""
    if not (path / "programme.toml").is_file():
        why = "is not a programme folder: it has no programme.toml; `doorstep init` makes one"
        raise Invalid([Problem(str(path), 0, "", why)])
    problems: list[Problem] = []
    programme = _attempt(problems, lambda: read_toml(path / "programme.toml", Programme))
    folder = Folder(
        path=path,
        programme=programme or Programme(partnership="?", contact="?"),
        register=_read_all(path / "register", Organisation, read, problems),
        scenarios=_read_all(path / "scenarios", Scenario, read, problems),
        enquiries={**_library(read), **_read_all(path / "enquiries", Enquiry, read, problems)},
        waves=_read_all(path / "waves", Wave, read, problems),
        profiles=_read_all(path / "profiles", Profile, read, problems),
        people=_attempt(problems, lambda: shoppers.read(path)) or People(),
        schedules=schedules.read(path, problems),
    )
    if not problems:
        problems = [
            *_programme_problems(folder),
            *_mail_problems(folder),
            *_alert_problems(folder),
            *_register_problems(folder),
            *_enquiry_problems(folder),
            *_profile_problems(folder),
            *_scenario_problems(folder),
            *_wave_problems(folder),
            *shoppers.problems(path, folder.people, frozenset(folder.register)),
            *_schedule_problems(folder),
        ]
    if problems:
        raise Invalid(problems)
    return folder


@cache
def library() -> Mapping[str, Enquiry]:
    """The ready-made enquiries that come with Doorstep."""
    return _library(read_yaml)


def _library(read: Reader) -> Mapping[str, Enquiry]:
    return {path.stem: read(path, Enquiry) for path in sorted(LIBRARY.glob("*.yaml"))}


def is_loopback(host: str) -> bool:
    """Whether a host (perhaps with a port) is this machine."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _attempt(problems: list[Problem], read: Callable[[], One]) -> One | None:
    try:
        return read()
    except Invalid as error:
        problems.extend(error.problems)
        return None


def _read_all(folder: Path, model: type[Item], read: Reader, problems: list[Problem]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            item = read(path, model)
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
        for name, account in programme.mail.items():
            hosts |= {f"mail.{name}.smtp_host": account.smtp_host, f"mail.{name}.imap_host": account.imap_host}
        if isinstance(programme.phone, SipTrunk):
            hosts["phone.host"] = programme.phone.host
        for key, host in hosts.items():
            if not is_loopback(host):
                why = f"is {host!r}; a practice partnership lives on this machine: use 127.0.0.1"
                found.append(_in_programme(folder, key, why))
    elif programme.phone:
        for key, number in [("caller", programme.phone.caller), *(("numbers", one) for one in programme.phone.numbers)]:
            if why_not := never_dialled(number, "real"):
                why = f"{why_not}; give a landline, 03 or freephone number of your own that people can ring back"
                found.append(_in_programme(folder, f"phone.{key}", why))
    return found


def _mail_problems(folder: Folder) -> list[Problem]:
    """Two accounts that are one mailbox would each miss what the other has read."""
    found, seen = [], dict[str, str]()
    for name, account in folder.programme.mail.items():
        if (other := seen.setdefault(account.mailbox.lower(), name)) != name:
            why = f"is {account.mailbox}, which account {other} has already; each needs a mailbox of its own"
            found.append(_in_programme(folder, f"mail.{name}.mailbox", why))
    return found


def _alert_problems(folder: Folder) -> list[Problem]:
    """Alerts go to people of one's own: to no organisation's address, and to no mailbox that answers come to."""
    found: list[Problem] = []
    accounts = folder.programme.mail
    contacts = {
        address.lower(): organisation.name
        for organisation in folder.register.values()
        for address in organisation.contacts.addresses
    }
    boxes = {account.mailbox.lower(): name for name, account in accounts.items()}
    for address in folder.programme.alerts.email:
        if name := contacts.get(address.lower()):
            why = f"{address} is an address of {name}, which is shopped; name an address of your own"
            found.append(_in_programme(folder, "alerts.email", why))
        elif box := boxes.get(address.lower()):
            why = f"{address} is the mailbox {box}, where answers are looked for; name an address that somebody reads"
            found.append(_in_programme(folder, "alerts.email", why))
    if folder.programme.alerts.email and not accounts:
        why = "names addresses, but programme.toml has no [mail.main] table to send from; add it"
        found.append(_in_programme(folder, "alerts.email", why))
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


def _enquiry_problems(folder: Folder) -> list[Problem]:
    return [
        _at(folder, "enquiries", enquiry.id, [key], why)
        for enquiry in folder.enquiries.values()
        for key, why in lint.forbidden(enquiry)
    ]


def _profile_problems(folder: Folder) -> list[Problem]:
    """A profile of one's own says how long replies are waited for, and has no figure that nobody would read."""
    known = scheme.promises()
    return [
        _at(folder, "profiles", profile.id, ["figures", *place], why)
        for profile in folder.profiles.values()
        for place, why in [
            *(
                []
                if _WINDOW in profile.figures
                else [([], f"{_WINDOW} is missing; it says how long a reply is waited for")]
            ),
            *(
                ([key], f"there is no figure {key!r}; there are: {', '.join(sorted(known))}")
                for key in profile.figures
                if key not in known
            ),
        ]
    ]


def _scenario_problems(folder: Folder) -> list[Problem]:
    found = []
    for scenario in folder.scenarios.values():
        for index, enquiry in enumerate(scenario.enquiries):
            if enquiry not in folder.enquiries:
                why = f"there is no enquiry {enquiry!r}; there are: {', '.join(sorted(folder.enquiries))}"
                found.append(_at(folder, "scenarios", scenario.id, ["enquiries", index], why))
        if scenario.leave_message and isinstance(folder.programme.phone, SipTrunk):
            why = "over SIP nobody knows who rang back while Doorstep was not running; leave messages through twilio"
            found.append(_at(folder, "scenarios", scenario.id, ["leave_message"], why))
        if scenario.closure and scenario.channel != "email":
            why = f"is {scenario.closure!r}, but only e-mail ends with a last e-mail; take it out"
            found.append(_at(folder, "scenarios", scenario.id, ["closure"], why))
        for channel, table, there in (
            ("email", "mail.main", folder.programme.mail),
            ("phone", "phone", folder.programme.phone),
        ):
            if scenario.channel == channel and scenario.shopper == "probe" and not there:
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
        profiles = sorted({*scheme.profiles(), *folder.profiles})
        if wave.profile not in profiles:
            why = f"there is no standards profile {wave.profile!r}; there are: {', '.join(profiles)}"
            found.append(_at(folder, "waves", wave.id, ["profile"], why))
    return found


def _schedule_problems(folder: Folder) -> list[Problem]:
    profiles = {*scheme.profiles(), *folder.profiles}
    return schedules.problems(
        folder.path, folder.schedules, set(folder.scenarios), set(folder.waves), set(folder.register), profiles
    )
