"""How each organisation's consent stands on a day, and what somebody should see to. Pure; the guard decides by itself.

Who may be contacted is the guard's word (`probes.guard`); here it is foreseen, for people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from results.schema import Consent, Organisation, Wave

NOTICE_DAYS = 30
"""How many days before a consent ends people are told."""

Standing = Literal["none", "not yet", "in force", "ends soon", "ended"]
_TARGETS: Mapping[str, str] = {"email": "addresses", "phone": "lines", "web": "hosts"}


@dataclass(frozen=True)
class Entry:
    """One organisation's consent on a day. `wrong`: what stops contacts. `warnings`: what will, or is not as it should.

    `days`: until it ends; negative: since it ended; None: there is no entry.
    """

    organisation: Organisation
    standing: Standing
    days: int | None
    wrong: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def entry(organisation: Organisation, today: dt.date, waves: Iterable[Wave] = ()) -> Entry:
    """How the consent of an organisation stands, and what of it does not fit these waves."""
    consent = organisation.consent
    if consent is None:
        return Entry(organisation, "none", None)
    days = (consent.until - today).days
    standing = _standing(consent, today)
    wrong: list[str] = []
    warnings: list[str] = []
    if standing == "ended":
        wrong.append(f"consent ended on {consent.until:%d/%m/%Y}")
    elif standing == "ends soon":
        warnings.append(f"consent ends on {consent.until:%d/%m/%Y}, {_in_days(days)}")
    elif standing == "not yet":
        warnings.append(f"consent begins on {consent.valid_from:%d/%m/%Y}")
    wrong += [
        f"consent covers {channel} but names no {key}"
        for channel, key in _TARGETS.items()
        if channel in consent.channels and not getattr(consent, key)
    ]
    warnings += _staff(consent, today)
    for wave in waves:
        mine = not wave.organisations or organisation.id in wave.organisations
        if mine and wave.fieldwork_until >= today and not _covers(consent, wave):
            warnings.append(
                f"wave {wave.id} is in the field from {wave.fieldwork_from:%d/%m/%Y} to "
                f"{wave.fieldwork_until:%d/%m/%Y}, "
                f"consent from {consent.valid_from:%d/%m/%Y} to {consent.until:%d/%m/%Y}"
            )
    return Entry(organisation, standing, days, tuple(wrong), tuple(warnings))


def entries(register: Mapping[str, Organisation], today: dt.date, waves: Iterable[Wave] = ()) -> tuple[Entry, ...]:
    """The whole register, by name."""
    known = tuple(waves)
    return tuple(entry(one, today, known) for one in sorted(register.values(), key=lambda one: one.name))


def ending(register: Mapping[str, Organisation], today: dt.date) -> tuple[str, ...]:
    """One line for each consent that has ended or ends within thirty days."""
    found = [entry(one, today) for one in register.values()]
    return tuple(
        f"{one.organisation.name}: {(*one.wrong, *one.warnings)[0]}"
        for one in sorted(found, key=lambda one: (one.days or 0, one.organisation.name))
        if one.standing in ("ended", "ends soon")
    )


def _standing(consent: Consent, today: dt.date) -> Standing:
    if today > consent.until:
        return "ended"
    if today < consent.valid_from:
        return "not yet"
    return "ends soon" if (consent.until - today).days <= NOTICE_DAYS else "in force"


def _staff(consent: Consent, today: dt.date) -> list[str]:
    """Staff are told before anybody is shopped, and that calls are recorded: MRS code."""
    if consent.staff_briefed is None:
        return ["the register does not say when staff were told (staff_briefed)"]
    if consent.staff_briefed > today:
        return [f"staff are to be told on {consent.staff_briefed:%d/%m/%Y}, which has not come yet"]
    if consent.staff_briefed > consent.valid_from:
        return [f"staff were told on {consent.staff_briefed:%d/%m/%Y}, after consent began"]
    return []


def _covers(consent: Consent, wave: Wave) -> bool:
    return consent.valid_from <= wave.fieldwork_from and wave.fieldwork_until <= consent.until


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
