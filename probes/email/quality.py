"""The facts of quality: how a person's replies read, whether they answer, what they promise, where they send. Pure.

Each fact comes as a value, or as the reason why there is none. What silence means does not live here (`observe`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from probes.email.answers import Answer, Answers, is_interim, when
from probes.email.facts import QUALITY, READ_FROM_ALL_REPLIES, READ_FROM_THE_TEXT, WRONG_AUTHORITY
from probes.email.letter import Letter
from probes.email.persona import Persona
from probes.email.presentation import FEWEST_WORDS, reading_ease
from probes.email.promises import Promise, promise
from probes.email.reading import diverted, points_met, read_reply, tail, take_reply_apart
from probes.email.referral import Referral, read_referral, responsible
from results.calendar import LONDON
from results.schema import Enquiry, Fact, Organisation, Responsible, Why

Value = Fact | tuple[Why, str]

OWN_MATTER: Value = (Why.NOT_APPLICABLE, "the enquiry was this organisation's own to answer")
_ATTACHED = (Why.NEEDS_REVIEW, "the answer is in an attachment: a person must read it")
_READ_IT = (Why.NEEDS_REVIEW, "a person must read the answer")
_LONGEST_POINT = 50  # characters of a point's pattern that are shown in plain


def quality(
    answers: Answers, persona: Persona, organisation: Organisation, enquiry: Enquiry
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The facts of quality, with notes for the reader. Empty where no person has replied at all.

    The form is that of the final reply, else of the last reply; what was answered is read from all of them together.
    """
    if not answers.people:
        ways = [reply.way for reply in answers.by_hand]
        return dict.fromkeys(QUALITY, (Why.NOT_APPLICABLE, f"the reply came by {ways[-1]}")) if ways else {}, ()
    letters = [take_reply_apart(reply.mail, persona, enquiry) for reply in answers.people]
    reply, letter = _the_reply(answers, letters)
    authority = responsible(enquiry, organisation)
    found: dict[str, Value] = {**read_reply(reply.mail, persona, organisation, enquiry)}
    found["email.treated_as_foi"] = any(map(diverted, letters))
    found["email.reading_ease"] = _reading_ease(letter)
    found["email.links_work"], tried = _links(answers.people)
    answered, met = _answered(letters, enquiry, authority, organisation)
    promised = first_promise(answers, persona, organisation, enquiry)
    found |= answered
    found["email.next_steps"] = _next_steps(answered["email.fully_answered"], promised)
    _explain(found)
    if found["email.accessible"] is False:
        why = _ATTACHED if reply.mail.attachments else _READ_IT
        found |= {name: why for name in READ_FROM_THE_TEXT if found[name] in (False, None, "not", "partly")}
    if is_interim(reply) and any(answer.answers for answer in answers.by_hand):
        way = next(answer.way for answer in answers.by_hand if answer.answers)
        found |= dict.fromkeys(READ_FROM_ALL_REPLIES, (Why.NOT_APPLICABLE, f"the answer came by {way}"))
        met = ()
    return found, (*met, *tried)


def first_promise(
    answers: Answers, persona: Persona, organisation: Organisation, enquiry: Enquiry
) -> tuple[Answer, Promise] | None:
    """The first promise of an answer by a day that a person's e-mail makes, else the first without a day."""
    made = []
    for reply in answers.people:
        letter = take_reply_apart(reply.mail, persona, enquiry)
        text = "\n\n".join((*letter.paragraphs, *tail(letter)))
        if found := promise(text, reply.received, organisation.hours):
            made.append((reply, found))
    return next((each for each in made if each[1].day), None) or next(iter(made), None)


def promise_kept(
    made: tuple[Answer, Promise] | None, answers: Answers, closes_at: dt.datetime | None, *, closed: bool
) -> Value:
    """Whether another reply by a person came by the end of the promised day."""
    if made is None or made[1].day is None:
        return (Why.NOT_APPLICABLE, "no answer was promised by a day")
    reply, promised = made
    due = end_of_day(promised.day) if promised.day else reply.received
    later = [when(other) for other in answers.from_people if when(other) > reply.received]
    if not promised.sure:
        return (Why.NEEDS_REVIEW, "the promised day can be read in more than one way")
    if any(at <= due for at in later):
        return True
    if any(reply.received < other.received <= due for other in answers.unsettled):
        return (Why.NEEDS_REVIEW, "a person must say what one of the answers is")
    if not closed and not later:
        return (Why.WINDOW_OPEN, "an answer may still come")
    if not later and closes_at is not None and due > closes_at:
        return (Why.NOT_APPLICABLE, "the promised day lies after the window had closed")
    return False


def end_of_day(day: dt.date) -> dt.datetime:
    """The last second of a day, as people in Britain count it."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), tzinfo=LONDON).astimezone(dt.UTC)


# ------------------------------------------------------------------------------------------------ parts


def _the_reply(answers: Answers, letters: Sequence[Letter]) -> tuple[Answer, Letter]:
    """The e-mail whose form is judged: the last that answers, else the last that may, else the last."""
    pairs = list(zip(answers.people, letters, strict=True))
    for kind in ("final reply", "human reply"):
        if of_kind := [pair for pair in pairs if pair[0].kind == kind]:
            return of_kind[-1]
    return pairs[-1]


def _reading_ease(letter: Letter) -> Value:
    ease = reading_ease(letter.paragraphs)
    return (Why.NOT_APPLICABLE, f"fewer than {FEWEST_WORDS} words") if ease is None else ease


def _links(replies: Sequence[Answer]) -> tuple[Value, tuple[str, ...]]:
    """Broken where any is broken; working where every one that could be tried works."""
    links = {link: reply.links.get(link, "not checked") for reply in replies for link in reply.mail.links}
    if not links:
        return (Why.NOT_APPLICABLE, "the replies have no links"), ()
    tried = [state for state in links.values() if state != "not checked"]
    note = (f"{len(tried)} of {len(links)} links in the replies were tried, {tried.count('broken')} did not work.",)
    if not tried:
        return (Why.NEEDS_REVIEW, "the links lead to places that are not tried: a person must follow them"), note
    return "broken" not in tried, note


def _answered(
    letters: Sequence[Letter], enquiry: Enquiry, authority: Responsible | None, organisation: Organisation
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Whether the replies answer, and for another authority's matter, where they send the enquirer."""
    if authority is not None:
        bodies = ["\n\n".join((*letter.paragraphs, *tail(letter))) for letter in letters]
        return _referred(read_referral(bodies, authority, organisation))
    wrong: dict[str, Value] = dict.fromkeys(WRONG_AUTHORITY, OWN_MATTER)
    met = points_met(letters, enquiry)
    if not met:
        return wrong | {"email.fully_answered": _READ_IT}, ()
    share: Value = "fully" if all(met) else "partly" if any(met) else "not"
    points = zip(enquiry.answer_key.points, met, strict=True)
    notes = tuple(
        f"Point {number} of {len(met)} of the answer key{_in_plain(point)}: {'met' if is_met else 'not met'}."
        for number, (point, is_met) in enumerate(points, start=1)
    )
    return wrong | {"email.fully_answered": share}, notes


def _referred(referral: Referral) -> tuple[dict[str, Value], tuple[str, ...]]:
    both = (referral.told_who, referral.contact_right)
    return {
        "wrong.accepted": _READ_IT if referral.accepted is None else referral.accepted,
        "wrong.told_right_org": referral.told_who,
        "wrong.correct_number": referral.contact_right,
        "wrong.signpost_email": any(both),
        "email.fully_answered": "fully" if all(both) else "partly" if any(both) else "not",
    }, referral.notes


def _in_plain(point: str) -> str:
    """A point's pattern as a reader may see it, where it is short and simple."""
    plain = re.sub(r"\\s[?*+]?", " ", point.replace(" ?", " ").replace(r"\b", ""))
    plain = plain.replace("(?:", "").replace("(", "").replace(")", "").replace("[ -]", " ").replace("|", " or ")
    simple = len(plain) <= _LONGEST_POINT and not re.search(r"[\\\[\]{}?*+^$.]", plain)
    return f" ({' '.join(plain.split())})" if simple else ""


def _next_steps(answered: Value, made: tuple[Answer, Promise] | None) -> Value:
    if answered == "fully":
        return (Why.NOT_APPLICABLE, "the enquiry was fully answered")
    if isinstance(answered, tuple):
        return answered
    return made is not None and made[1].day is not None


def _explain(found: dict[str, Value]) -> None:
    """Give each value that the reading left open its reason."""
    if found["email.name_correct"] is None:
        found["email.name_correct"] = (Why.NOT_APPLICABLE, "the reply used no name")
    if found["email.sender_department"] is None:
        found["email.sender_department"] = (Why.NEEDS_REVIEW, "a line of the signature may name a department")
