"""A shopper's form as data: what to read first, and a sheet for each task. Pure.

It is written by `results.forms.workbook` and `results.forms.table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import phonenumbers

from results import words
from results.calendar import LONDON
from results.channels import ABOUT
from results.forms.question import Question, question
from results.marking import asked
from results.people import Task
from results.schema import STAGES, Channel, Profile
from results.store import FrozenWave, ShopRow

FORM = "doorstep-form/1"
MADE, DAY, TIME, COMMENT = "@made", "@day", "@time", "@comment"

_DO: Mapping[Channel, str] = {
    "phone": "Telephone",
    "email": "Write an e-mail to",
    "web": "Visit the website of",
    "visit": "Visit",
    "letter": "Write a letter to",
    "form": "Send the web form of",
    "chat": "Chat with",
}
_PROMISES: Mapping[str, str] = {
    "phone.answer_seconds": "Calls are answered within {} seconds",
    "voicemail.return_working_days": "Messages left by telephone are answered within {} working days",
    "enquiry.deal_working_days": "Enquiries are dealt with within {} working days",
    "email.acknowledge_hours": "E-mails are acknowledged within {} hours",
    "email.reply_working_days": "E-mails are answered in full within {} working days",
    "letter.reply_working_days": "Letters are answered within {} working days",
    "complaint.acknowledge_working_days": "Complaints are acknowledged within {} working days",
    "complaint.answer_working_days": "Complaints are answered within {} working days",
    "visit.wait_minutes": "Visitors are seen within {} minutes",
    "homevisit.wait_minutes": "Visits to people's homes begin within {} minutes of the time that was agreed",
}


@dataclass(frozen=True)
class TaskSheet:
    """One task. `notes`: [(heading, text)]. `questions`: [(stage's heading, questions)].

    `made`: day and time at which the contact was made, where that is known already (a task to judge one).
    """

    number: int
    of: int
    shop: str
    shopper: str
    basis: str
    title: str
    notes: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, tuple[Question, ...]], ...]
    judges: bool = False
    made: tuple[str, str] | None = None


@dataclass(frozen=True)
class ShopperForm:
    """All tasks of one shopper. `instructions`: [(heading, sentences)]."""

    shopper: str
    wave: str
    title: str
    instructions: tuple[tuple[str, tuple[str, ...]], ...]
    sheets: tuple[TaskSheet, ...]


def shopper_form(
    shopper: str,
    tasks: Sequence[tuple[Task, ShopRow]],
    frozen: FrozenWave,
    personas: Sequence[str] = (),
    evidence: Mapping[str, Sequence[str]] | None = None,
) -> ShopperForm:
    """The form of one shopper. `personas`: names to go by. `evidence`: {shop: where what is to be judged lies}."""
    sheets = tuple(
        _sheet(place, len(tasks), task, row, frozen, personas, (evidence or {}).get(row.id, ()))
        for place, (task, row) in enumerate(tasks, 1)
    )
    return ShopperForm(
        shopper=shopper,
        wave=frozen.wave.id,
        title=f"{frozen.wave.title}: form of shopper {shopper.upper()}",
        instructions=_instructions(frozen),
        sheets=sheets,
    )


def _sheet(
    number: int,
    of: int,
    task: Task,
    row: ShopRow,
    frozen: FrozenWave,
    personas: Sequence[str],
    evidence: Sequence[str],
) -> TaskSheet:
    scenario, enquiry = frozen.scenarios[row.scenario], frozen.enquiries[row.enquiry]
    organisation, judges = frozen.organisations[row.organisation].name, task.role == "judge"
    criteria = asked(frozen.scheme, scenario, enquiry)
    made = row.made_at.astimezone(LONDON) if row.made_at and judges else None
    notes = [("Organisation", organisation), (ABOUT[row.channel].name, _readable(row.target))]
    if judges:
        where = "; ".join(evidence) or "ask your co-ordinator"
        notes += [
            ("What to do", "Do not contact anybody: the contact is another's. Read or listen to it, then judge it."),
            ("Where it is", where),
            ("What was asked", enquiry.words),
        ]
    else:
        when = "while the offices are open" if scenario.in_hours else "while the offices are closed"
        notes += [
            ("When", f"From {words.day(task.handed_out_at.astimezone(LONDON))} until {words.day(task.due)}, {when}"),
            ("What to ask", enquiry.words),
            ("Your name", _persona(personas, number)),
        ]
    return TaskSheet(
        number=number,
        of=of,
        shop=row.id,
        shopper=task.shopper,
        basis=frozen.basis,
        title=f"Judge a contact with {organisation}" if judges else f"{_DO[row.channel]} {organisation}",
        notes=tuple(notes),
        questions=tuple(
            (heading, questions)
            for stage, heading in zip(STAGES, ("Getting through", "How it was handled"), strict=True)
            if (questions := tuple(question(one) for one in criteria if one.stage == stage))
        ),
        judges=judges,
        made=(f"{made:%d/%m/%Y}", f"{made:%H:%M}") if made else None,
    )


def _readable(target: str) -> str:
    """A telephone number as people in Britain dial it; anything else as it is."""
    try:
        number = phonenumbers.parse(target)
    except phonenumbers.NumberParseException:
        return target
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if number.country_code == 44 else style.INTERNATIONAL)


def _persona(personas: Sequence[str], number: int) -> str:
    if not personas:
        return "Give a first name if you are asked; you need not give your own, and never your address"
    return f"If you are asked, you are {personas[(number - 1) % len(personas)]}. Give no address and no account number."


# ------------------------------------------------------------------------------------------------ what to read first


def _instructions(frozen: FrozenWave) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        (
            "What this is",
            (
                f"You are a mystery shopper for {frozen.wave.partnership}. The organisations have agreed to be shopped "
                "and their staff have been told that it may happen, though not when.",
                "Each sheet after this one is one task: one contact, asked as any resident would ask it.",
            ),
        ),
        (
            "How to fill in a sheet",
            (
                "Read the whole sheet first, make the contact, and fill it in at once, while you remember.",
                "Write only in the white boxes. Where there is an arrow, choose from the list.",
                "N/A means that the question did not arise. Cannot tell means that it did and you do not know: that is "
                "a good answer, and never counts against anybody. Do not guess.",
                "Days are written 09/11/2026 and times 14:05.",
                "Say why in the box for comments wherever you answer No or give a 1 or a 2. Write no names of staff.",
                "Keep the file's kind (.xlsx or .csv), save it, and send it back to your co-ordinator.",
            ),
        ),
        ("The standards you are looking for", standards(frozen.scheme.profile)),
        (
            "Keep yourself and others safe",
            (
                "Never ring 999, 112, 101, 111 or any emergency or crisis line, and never report an emergency, a "
                "crime, abuse or homelessness that is not real.",
                "Give no real personal data: not your address, date of birth, account, tenancy or National Insurance "
                "number, and nobody else's. If you are asked for it, say that you would rather not.",
                "Order nothing, pay nothing, sign nothing and book nothing. If something was begun, ask for it to be "
                "cancelled before you leave.",
                "If you are asked whether you are a mystery shopper, do not lie: say yes, say that the organisation "
                "has agreed to it, thank them, end the contact, and write it under comments.",
                "Do not shop where you or your family live, work or have a case open. Tell your co-ordinator instead.",
                "If you feel unsafe or upset, stop. No task is worth it. Leave the sheet empty and tell your "
                "co-ordinator.",
            ),
        ),
    )


def standards(profile: Profile) -> tuple[str, ...]:
    """A standards profile in words, a sentence for each promise that a shopper can see kept."""
    found = [f"They are those of: {profile.title}."]
    for key, figure in profile.figures.items():
        if key in _PROMISES:
            text = _PROMISES[key].format(words.number(figure))
            if key == "phone.answer_seconds" and (rings := profile.figures.get("phone.answer_rings")):
                text = f"{text} or {words.number(rings)} rings; either will do"
            found.append(text.replace(" 1 working days", " one working day").replace(" 1 hours", " one hour"))
    return tuple(found)
