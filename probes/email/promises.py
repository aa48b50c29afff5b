"""What a reply leaves for later: whether it defers an answer, and by which day it promises one. Pure.

Whether the promise was kept does not live here: that takes the later replies (`observe`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from probes.email.letter import sentences
from results.calendar import LONDON, Calendar

_FURTHEST = 200  # days ahead; a date beyond is no promise of a reply

_NUMBERS = {
    name: number
    for number, name in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
} | {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30}
_NUMBER = r"(?:\d{1,3}|" + "|".join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True)) + r")"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)

_DEFERS = re.compile(
    # passed on
    r"\b(?:i|we)(?: have|.ve)? (?:now |also |just |today |therefore |since |already )*"
    r"(?:passed|forwarded|sent|referred|transferred|redirected|escalated|copied)\b[^.\n]{0,60}"
    r"\b(?:your|this|it|the (?:matter|enquiry|question|details))\b[^.\n]{0,60}\b(?:to|on)\b"
    r"|\b(?:your|this|the) (?:\w+ )?(?:enquiry|e-?mail|query|question|request|message|matter) (?:has|have) been "
    r"(?:passed|forwarded|sent|referred|transferred|allocated|assigned)\b"
    r"|\b(?:i|we)(?: have|.ve)? (?:now |also |just |since |already )*(?:asked|chased|e-?mailed|contacted|spoken to)\b"
    r"[^.\n]{0,60}\b(?:colleagues?|team|department|officers?|service|section|contractor|manager|them|him|her)\b"
    # still looking
    r"|\b(?:i|we)(?:.ll| will| shall| am| are|.m|.re)(?: now| currently| still| just| also)*(?: be)? "
    r"(?:look(?:ing)? into|investigat(?:e|ing)|check(?:ing)?|find(?:ing)? out|chas(?:e|ing)|speak(?:ing)? (?:to|with)|"
    r"wait(?:ing)? (?:for|to)|await(?:ing)?|try(?:ing)? to find)\b"
    # an answer later
    r"|\b(?:i|we|who|they|he|she|some(?:one|body)|colleagues?|officers?|team|manager|department|section)"
    r"(?:.ll| will| shall| should| aim to| hope to)"
    r"(?: then| also| now| aim to| try to| endeavour to| be able to)* "
    r"(?:get back|come back|be back in touch|be in touch|be in contact|contact you|reply|respond|let you (?:know|have)|"
    r"update you|write|ring you|call you|e-?mail you|answer|provide you|send you (?:a|an|the|my|our) "
    r"(?:full |further )?(?:reply|response|answer|update))\b"
    r"|\byou (?:will|should) (?:receive|hear|have|get)\b[^.\n]{0,40}\b(?:reply|response|answer|from|back)\b"
    r"|\bbear with (?:me|us)\b"
    r"|\bas soon as (?:i|we) (?:hear|have|know|receive)\b"
    # asks first
    r"|\b(?:could|can|would|please) (?:you )?(?:please )?"
    r"(?:confirm|provide|supply|send|tell|let (?:me|us) (?:know|have)|give|clarify)\b[^.\n]{0,80}"
    r"\b(?:your|which|what|whether|where) [^.\n]{0,80}(?:\?|\bso that\b|\bbefore\b)",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(r"^\W*(?:and |but |however,? )?(?:if|once|when|should you|after|unless|where) ", re.IGNORECASE)

_WITHIN = re.compile(
    rf"\b(?:within|in|up to|takes?|next|over the next)(?: the)?(?: next)? (?:{_NUMBER} ?(?:to|or|-|–) ?)?"
    rf"(?P<number>{_NUMBER}) (?:\(\d+\) )?(?P<kind>working |business |office |calendar )?"
    r"(?P<unit>hour|day|week|fortnight)s?\b"
    r"|\b(?:within|in|over) the (?:next |coming )(?P<one>day|week|fortnight)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b(?:,? (?P<year>20\d\d))?"
    rf"|\b(?P<d>\d{{1,2}})[/.](?P<m>\d{{1,2}})(?:[/.](?P<y>20\d\d|\d\d))?\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    rf"\b(?P<how>by|on|before|until|for)? ?(?:the end of |close of (?:play|business) (?:on )?|end of )?"
    rf"(?P<next>next |this |this coming |coming )?(?P<weekday>{'|'.join(_DAYS)})(?P<more> (?:week|next))?\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b(?:(?P<today>(?:by the end of |later |before the end of )?(?:today|the day)\b|this (?:afternoon|evening))"
    r"|(?P<tomorrow>tomorrow)|(?P<next_week>(?:early |later |some ?time |end of |the end of |mid )?next week)"
    r"|(?P<week>(?:the )?end of (?:the|this) week|(?:later )?this week)"
    r"|(?P<month>(?:the )?end of (?:the|this) month))\b",
    re.IGNORECASE,
)
_WHEN = (_WITHIN, _DATE, _WEEKDAY, _SPAN)


@dataclass(frozen=True)
class Promise:
    """An answer promised for later. `day`: the last day of it, None where no time was given.

    `sure`: False where the day can be read in more than one way.
    """

    day: dt.date | None
    sure: bool = True


def defers(text: str) -> bool:
    """Whether it leaves the answer for later: passed on, being looked into, or waiting for something asked back."""
    return any(_is_deferral(sentence) for sentence in sentences(text))


def without_promises(text: str) -> str:
    """The text on one line, its sentences that defer kept but for the times they name.

    "Somebody will contact you within five days" does not answer how long a permit takes.
    """
    kept = []
    for sentence in sentences(text):
        for pattern in _WHEN if _is_deferral(sentence) else ():
            sentence = pattern.sub(" ", sentence)
        kept.append(sentence)
    return " ".join(kept)


def promise(text: str, received: dt.datetime, calendar: Calendar) -> Promise | None:
    """The promise that a reply makes, or None. Days count from `received`, in the organisation's own calendar.

    The first promise that names a time is taken; a range counts to its end.
    """
    deferring = [sentence for sentence in sentences(text) if _is_deferral(sentence)]
    if not deferring:
        return None
    for sentence in deferring:
        found = _day(sentence, received, calendar)
        if found is not None:
            return found
    return Promise(None)


def _is_deferral(sentence: str) -> bool:
    return bool(_DEFERS.search(sentence)) and not _ONLY_IF.match(sentence)


# ------------------------------------------------------------------------------------------------ the promised day


def _day(sentence: str, received: dt.datetime, calendar: Calendar) -> Promise | None:
    today = received.astimezone(LONDON).date()
    date, weekday = _date(sentence, today), _weekday(sentence, today)
    if date and date.day and weekday and weekday.day and date.day.weekday() == weekday.day.weekday():
        weekday = None  # "Thursday 3 December" is one day
    readings = (_within(sentence, received, calendar), date, weekday)
    found = [reading for reading in readings if reading] or [
        reading for reading in (_span(sentence, today),) if reading
    ]
    if not found:
        return None
    days = {reading.day for reading in found}
    latest = max(found, key=lambda reading: reading.day or today)
    if latest.day is None or not today <= latest.day <= today + dt.timedelta(days=_FURTHEST):
        return None
    return Promise(latest.day, all(reading.sure for reading in found) and len(days) == 1)


def _within(sentence: str, received: dt.datetime, calendar: Calendar) -> Promise | None:
    found = _WITHIN.search(sentence)
    if found is None:
        return None
    name = (found["number"] or "one").lower()
    number = int(name) if name.isdigit() else _NUMBERS[name]
    unit = (found["unit"] or found["one"]).lower()
    working = (found["kind"] or "").strip().lower() in ("working", "business", "office")
    if not 0 < number <= _FURTHEST:
        return None
    # "of receiving your e-mail" counts from a day that is not this reply's.
    sure = not re.search(r"\bof (?:receiving|receipt|the date)\b|\bfrom (?:receipt|the date|your)\b", sentence, re.I)
    if unit == "day" and working:
        return Promise(calendar.add_working_days(received, number).astimezone(LONDON).date(), sure)
    hours = number * {"hour": 1, "day": 24, "week": 168, "fortnight": 336}[unit]
    if unit == "hour" and working:
        sure = False
    return Promise((received + dt.timedelta(hours=hours)).astimezone(LONDON).date(), sure)


def _date(sentence: str, today: dt.date) -> Promise | None:
    found = _DATE.search(sentence)
    if found is None:
        return None
    if found["day"]:
        month = next(at for at, name in enumerate(_MONTHS, start=1) if name.startswith(found["month"].lower()[:3]))
        day, year = int(found["day"]), found["year"]
    else:
        day, month, year = int(found["d"]), int(found["m"]), found["y"]
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [today.year, today.year + 1]
    for each in years:
        try:
            date = dt.date(each, month, day)
        except ValueError:
            continue
        if date >= today:
            return Promise(date)
    return None


def _weekday(sentence: str, today: dt.date) -> Promise | None:
    """The next such day after today. "Next Friday" may be the one after, and "by Friday" on a Friday is either."""
    found = _WEEKDAY.search(sentence)
    if found is None:
        return None
    ahead = (_DAYS.index(found["weekday"].lower()) - today.weekday()) % 7
    after = ((found["next"] or "") + (found["more"] or "")).lower()
    if "next" in after or "week" in after:
        return Promise(today + dt.timedelta(days=ahead + 7), sure=False)
    return Promise(today + dt.timedelta(days=ahead or 7), sure=ahead > 0)


def _span(sentence: str, today: dt.date) -> Promise | None:
    """Weeks end on Friday, as offices count; whether Sunday was meant nobody knows, so a reply in between is unsure."""
    found = _SPAN.search(sentence)
    if found is None:
        return None
    friday = today + dt.timedelta(days=4 - today.weekday())
    if found["today"]:
        return Promise(today)
    if found["tomorrow"]:
        return Promise(today + dt.timedelta(days=1))
    if found["next_week"]:
        return Promise(friday + dt.timedelta(days=7))
    if found["week"]:
        return Promise(max(friday, today), sure=today <= friday)
    first = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return Promise(first - dt.timedelta(days=1))
