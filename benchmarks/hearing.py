"""What is heard of an answer, item by item, on clips as a telephone line carries them.

    python -m benchmarks.hearing [--json] [--clips N]

Synthetic voices say greetings, menus, queues and messages whose contents are known; they pass 300 to 3400 Hz, 8 kHz,
noise 25 dB below the voice and G.711. For each item: how often it was there, and the share of these that was proposed
(recall), was left to a listener, or was denied; how often it was not there, and the share that was proposed all the
same (false positives). Signals of the network are measured on the same line, and in the voices there must be none.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from probes.phone.greeting import Answer, read
from probes.phone.hear import Listener
from probes.phone.heard import THRESHOLD, Setting, facts
from probes.phone.opening import as_text
from probes.phone.tones import tones
from results.schema import Fact, Organisation
from tests.probes.phone_hearing import audio

COUNCILS = (
    "Amber Valley Borough Council",
    "Bolsover District Council",
    "Chesterfield Borough Council",
    "Derby City Council",
    "Derbyshire County Council",
    "Derbyshire Dales District Council",
    "Erewash Borough Council",
    "High Peak Borough Council",
    "North East Derbyshire District Council",
    "South Derbyshire District Council",
)
PARTNERS = tuple(Organisation(id=name.lower().replace(" ", "-"), name=name) for name in COUNCILS)
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday"


@dataclass(frozen=True)
class Clip:
    """What is said, what it is, and the facts that are true of it."""

    words: str
    answer: Answer
    true: dict[str, Fact]
    hours: str = ""


def _person(words: str, hello: int, named: int, own: int, department: int, help_: int) -> Clip:
    names = ("phone.salutation", "phone.org_name", "phone.own_name", "phone.dept_name", "phone.offer_of_help")
    return Clip(words, "person", dict(zip(names, map(bool, (hello, named, own, department, help_)), strict=True)))


def _closed(words: str, emergency: int, stated: int, website: int, named: int, hours: str = "") -> Clip:
    names = ("ooh.emergency_contact", "ooh.opening_hours", "ooh.website_referred", "ooh.org_name")
    return Clip(
        words, "out_of_hours", dict(zip(names, map(bool, (emergency, stated, website, named)), strict=True)), hours
    )


CLIPS = (
    _person("Good morning, {org}, Jane speaking, how can I help you?", 1, 1, 1, 0, 1),
    _person("Good afternoon, {org}, you're through to Mark, how may I help?", 1, 1, 1, 0, 1),
    _person("Hello, {org}, can I help you?", 1, 1, 0, 0, 1),
    _person("{org}, Susan speaking.", 0, 1, 1, 0, 0),
    _person("Good morning, customer services, David speaking, how can I help?", 1, 0, 1, 1, 1),
    _person("Good morning, {org}, planning department.", 1, 1, 0, 1, 0),
    _person("Hello?", 1, 0, 0, 0, 0),
    _person("Housing benefits.", 0, 0, 0, 1, 0),
    _person("Environmental health, Karen speaking.", 0, 0, 1, 1, 0),
    _person("Good afternoon, my name is Priya, how may I help you today?", 1, 0, 1, 0, 1),
    _person("Good morning, thank you for calling {org}. My name is Thomas. What can I do for you?", 1, 1, 1, 0, 1),
    _person("Yes, can I help you?", 0, 0, 0, 0, 1),
    _person("Good evening, Lee's flower shop, how can I help?", 1, 0, 0, 0, 1),
    Clip(
        "You have reached the voicemail of Peter Wilson in the planning department. I am not available to take your "
        "call. Please leave your name, number and a short message after the tone.",
        "voicemail",
        {"vm.greet_org": False, "vm.greet_alternative": False},
    ),
    Clip(
        "You are through to {org}. Nobody is available at the moment. Please leave a message after the tone and we "
        "will call you back.",
        "voicemail",
        {"vm.greet_org": True, "vm.greet_alternative": True},
    ),
    Clip(
        "Hello, this is Linda in council tax. I am out of the office until Monday the fourth of March. Please leave a "
        "message and I will ring you back.",
        "voicemail",
        {"vm.greet_org": False, "vm.greet_alternative": True},
    ),
    Clip(
        "Welcome to {org}. For council tax and benefits, press one. For housing repairs, press two. For bins and "
        "recycling, press three. For anything else, please hold.",
        "ivr",
        {"phone.ivr_options": 3, "phone.ivr_layers": 1, "phone.website_mentioned": False},
    ),
    Clip(
        "Thank you for calling. Did you know you can do it online at our website? Please choose from the following "
        "options. To make a payment, press one. To report a missed bin, press two. For elections, press three. "
        "For planning, press four.",
        "ivr",
        {"phone.ivr_options": 4, "phone.ivr_layers": 1, "phone.website_mentioned": True},
    ),
    Clip(
        "All our advisers are busy at the moment. You are number four in the queue. Please hold and we will answer "
        "your call as soon as possible.",
        "queue",
        {"phone.queue_info": True, "phone.website_mentioned": False},
    ),
    Clip(
        "We are sorry to keep you waiting. Your call is important to us. Many of our services are on our website.",
        "queue",
        {"phone.queue_info": False, "phone.website_mentioned": True},
    ),
    _closed(
        "Thank you for calling {org}. Our offices are now closed. Our opening hours are nine a m to five p m, Monday "
        "to Friday. In an emergency, please call 0 1 3 3 2, 4 9 6, 0 1 2 3.",
        1,
        1,
        0,
        1,
        f"{WEEKDAYS} 09:00-17:00",
    ),
    _closed("The office is now closed. Please call back during normal office hours.", 0, 0, 0, 0),
    _closed(
        "{org} is now closed. We are open Monday to Thursday, eight forty five to five p m, and Friday, eight forty "
        "five to four thirty p m. Please visit our website.",
        0,
        1,
        1,
        1,
        "Monday Tuesday Wednesday Thursday 08:45-17:00; Friday 08:45-16:30",
    ),
    _closed(
        "Our lines are closed. If your call is an emergency, press one to be put through to our duty team.", 1, 0, 0, 0
    ),
    Clip("The number you have dialled has not been recognised. Please check and try again.", "number_not_in_use", {}),
    Clip(
        "This is a recorded message. The swimming pool will reopen in the spring. Thank you for calling. Goodbye.",
        "recorded_message_ends",
        {},
    ),
)
SPEAKERS: tuple[tuple[str, float, float], ...] = (
    ("heart", 1.0, 1.0),
    ("heart", 1.15, 0.88),
    ("heart", 0.95, 1.08),
    *((speaker, 1.0, 1.0) for speaker in audio.OTHER_VOICES),
)


def spoken() -> Iterator[tuple[Clip, Organisation, str, audio.Sound]]:
    """Every clip in every voice, the councils in turn, with the words as said and the sound of the line."""
    turn = 0
    for clip in CLIPS:
        for speaker, pace, height in SPEAKERS:
            council = PARTNERS[turn % len(PARTNERS)]
            turn += 1
            words = clip.words.format(org=council.name)
            voice = audio.voice(words, speaker, pace, height)
            yield clip, council, speaker, audio.line(audio.silence(0.8), voice, audio.silence(1.0), seed=turn)


def main(most: int | None = None) -> dict[str, object]:
    """Listen to every clip and count."""
    listener = Listener.open()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seconds = spent = 0.0
    wrong_council = false_tones = clips = 0
    for clip, council, _, sound in spoken():
        if most is not None and clips >= most:
            break
        clips += 1
        began = time.process_time()
        signals = tones(sound, audio.RATE)
        transcript = listener.transcribe(sound, audio.RATE, COUNCILS)
        heard = read(transcript, signals, council, PARTNERS)
        spent += time.process_time() - began
        seconds += len(sound) / audio.RATE
        false_tones += len(signals)
        told = facts(heard, Setting(council, in_hours=clip.answer != "out_of_hours")).facts
        sure = heard.answer.confidence >= THRESHOLD
        for kind in (
            "person",
            "ivr",
            "queue",
            "voicemail",
            "out_of_hours",
            "number_not_in_use",
            "recorded_message_ends",
        ):
            proposed = None if not sure else heard.answer.value == kind
            _count(counts[f"answer: {kind}"], clip.answer == kind, proposed)
        for name, true in clip.true.items():
            value = told[name]
            if isinstance(true, bool):
                _count(counts[name], true, None if value is None else bool(value))
            else:
                _count(counts[name], True, None if value is None else value == true)
        if clip.hours:
            _count(
                counts["opening hours, all days right"],
                True,
                as_text(heard.hours) == clip.hours if heard.hours else None,
            )
        sure_of_it = heard.organisation is not None and sure and heard.organisation.confidence >= THRESHOLD
        named = heard.organisation.value if heard.organisation and sure_of_it else None
        wrong_council += named is not None and (named != council.id or "{org}" not in clip.words)
    _signals(counts)
    return {
        "clips": clips,
        "cpu_seconds_per_second": round(spent / seconds, 3),
        "wrong_council_named": wrong_council,
        "false_tones_in_speech": false_tones,
        "items": {name: _shares(counter) for name, counter in counts.items()},
    }


def _count(counter: Counter[str], true: bool, proposed: bool | None) -> None:
    counter["there" if true else "absent"] += 1
    if proposed is None:
        counter["listener" if true else "listener, absent"] += 1
    elif proposed:
        counter["proposed" if true else "false"] += 1


def _shares(counter: Counter[str]) -> dict[str, float | int | None]:
    there, absent = counter["there"], counter["absent"]
    return {
        "there": there,
        "recall": round(counter["proposed"] / there, 3) if there else None,
        "to_a_listener": round(counter["listener"] / there, 3) if there else None,
        "denied": round(1 - (counter["proposed"] + counter["listener"]) / there, 3) if there else None,
        "absent": absent,
        "false_positives": round(counter["false"] / absent, 3) if absent else None,
    }


def _signals(counts: dict[str, Counter[str]]) -> None:
    """Every signal at three loudnesses and three noises."""
    sounds = {
        "ringback": audio.ringback(3),
        "engaged": audio.engaged(),
        "congestion": audio.congestion(),
        "unobtainable": audio.tone(5, 400),
        "sit": audio.sit(),
        "fax": audio.fax_answer(),
        "beep": audio.tone(0.4, 1000),
    }
    for wanted, sound in sounds.items():
        for level in (1.0, 0.3, 0.1):
            for seed, decibels in enumerate((None, 20.0, 10.0)):
                clip = audio.line(audio.silence(1), sound * level, audio.silence(1), decibels=decibels, seed=seed)
                heard = {tone.kind for tone in tones(clip, audio.RATE)}
                for kind in sounds:
                    _count(counts[f"signal: {kind}"], kind == wanted, kind in heard)


def _table(result: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("item", "there", "recall", "to a listener", "denied", "absent", "false positives")
    items = result["items"]
    assert isinstance(items, dict)
    for name, shares in items.items():
        table.add_row(name, *("–" if value is None else str(value) for value in shares.values()))
    console = Console()
    console.print(table)
    console.print(
        f"{result['clips']} clips; {result['cpu_seconds_per_second']} s of processor a second of sound; another "
        f"council named {result['wrong_council_named']} times; {result['false_tones_in_speech']} false tones in speech"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--clips", type=int, help="listen to the first so many only")
    arguments = parser.parse_args()
    result = main(arguments.clips)
    if arguments.json:
        print(json.dumps(result))
    else:
        _table(result)
