"""The words by which an answer shows what it is: data. How they are weighed lives in `voices` and `greeting`.

Patterns are searched in lower-case words without punctuation, as `spoken` lays them out ("9 a m", "press 1").
`weight`: how sure the answer is of that kind when the words are heard rightly, 0 to 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "ivr", "queue", "voicemail", "recorded", "out_of_hours", "not_in_use", "unknown"]

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|zero|star|hash)"


@dataclass(frozen=True)
class Phrase:
    """Words that point to a kind of answer."""

    kind: Kind
    weight: float
    pattern: re.Pattern[str]


def _phrases(kind: Kind, weight: float, *patterns: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(kind, weight, re.compile(rf"\b(?:{pattern})\b")) for pattern in patterns)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MACHINES: tuple[Phrase, ...] = (
    *_phrases(
        "not_in_use",
        0.95,
        r"number you (?:have |ve )?(?:dialled|dialed|called|rung).{0,30}(?:recogni[sz]ed|in service|in use|available)",
        r"not been recogni[sz]ed",
        r"number (?:is |has been )(?:not in service|no longer in (?:use|service)|changed|disconnected)",
    ),
    *_phrases("not_in_use", 0.7, r"check (?:the number )?and (?:try|dial) again"),
    *_phrases(
        "voicemail",
        0.95,
        r"(?:leave|record) (?:me |us )?(?:a|the|your|any) (?:\w+ ){0,6}message",
        r"leave your (?:name|number|details)",
        r"(?:after|following) the (?:tone|beep|bleep)",
        r"(?:reached|through to) the (?:voice ?mail|answer ?phone|mailbox|answering machine)",
        r"(?:mailbox|voice ?mail) is (?:currently )?full",
    ),
    *_phrases("voicemail", 0.75, r"voice ?mail", r"person you are (?:calling|trying to reach) is"),
    *_phrases(
        "out_of_hours",
        0.95,
        r"(?:offices?|lines?|centre|we|council) (?:is|are|re) (?:now |currently |all )?closed",
        r"(?:is|are) (?:now|currently) closed",
        r"outside (?:of )?(?:our )?(?:normal |usual )?(?:opening|office|working|business) hours",
        r"call(?:ed|ing)? (?:us |back )?(?:during|within) (?:our )?(?:normal |usual )?(?:opening|office|working) hours",
    ),
    *_phrases("out_of_hours", 0.7, r"(?:our )?(?:opening|office) hours are", r"out of hours (?:service|emergency)"),
    *_phrases(
        "ivr",
        0.95,
        rf"(?:press|dial|select|choose)(?: option| the)? {NUMBER}",
        rf"option {NUMBER}",
        r"following options",
        r"choose from the (?:following|menu)",
        r"say (?:in a few words|the name of)",
    ),
    *_phrases("ivr", 0.7, r"(?:main|these|our) (?:menu|options)"),
    *_phrases(
        "queue",
        0.95,
        r"in (?:the|a|our) queue",
        r"(?:advis[eo]rs|operators|agents|lines|staff) are (?:all )?(?:currently |still )?busy",
        r"(?:are|re) (?:currently )?(?:busy|helping|assisting|speaking to) (?:\w+ ){0,2}(?:callers|customers)",
        r"(?:your )?call is important",
        r"(?:you are|held|placed) in a queue",
        r"(?:answer|take|connect) your call as soon as",
        r"queue(?:ing)? (?:position|time)|position in the queue",
        r"(?:expected|estimated|approximate|current|average) (?:wait|queue)",
        rf"caller number {NUMBER}",
        r"wait(?:ing)? time is",
        r"(?:by|to) the next (?:available|free) (?:advis[eo]r|agent|operator)",
    ),
    *_phrases(
        "queue",
        0.7,
        r"high(?:er)? (?:volume|number)s? of calls",
        r"high call volumes?",
        r"keep you waiting",
        r"(?:please|continue to) hold",
    ),
    *_phrases(
        "recorded",
        0.85,
        r"this is a recorded (?:message|announcement)",
        r"calls? (?:may|will|are|is|could) (?:be )?(?:being )?recorded",
        r"for (?:training|monitoring|quality) (?:and \w+ )?purposes",
        r"(?:this call will now|we will now) (?:end|disconnect|hang up)",
        r"thank you for your call goodbye",
        r"apologi[sz]e for (?:any|the) inconvenience",
        r"please (?:try|call) again (?:later|tomorrow)",
    ),
    *_phrases("recorded", 0.65, r"thank you for (?:calling|your call)", r"welcome to", r"goodbye"),
)

SALUTATION = re.compile(r"\b(?:good (?:morning|afternoon|evening|day)|hello|hi|hiya|bore da|prynhawn da)\b")
HELP = re.compile(
    r"\b(?:how (?:can|may|could|might) (?:i|we) (?:help|be of|assist)|(?:can|may|could) i help|"
    r"what can (?:i|we) (?:do|help)|i help you|how (?:can|may) i direct)\b"
)
PERSON = re.compile(r"\b(?:speaking|reception|switchboard|you(?: re|'re| are) through to)\b")

# Groups of one: the words from here on may be a name. `names` takes as many as look like one.
NAME_BEFORE = re.compile(r"\b((?:[a-z'-]+ ){1,2})(?:speaking|here)\b")
NAME_AFTER = re.compile(
    r"\b(?:my name(?: is|'s| s)|you(?: re|'re| are) (?:through|speaking) (?:to|with)|this is|it(?:'s| is)|i(?:'m| am)|"
    r"(?:voice ?mail|mailbox|phone|line|desk) (?:of|for)|reached|speaking to|and i(?:'m| am)) ((?:[a-z'-]+ ?){1,2})"
)
# Words that stand in a name's place and are none.
NOT_NAMES = _set(
    """
    a about afternoon all am an and are at available away back benefit benefits borough bureau calling can centre
    city closed contact council councils county currently customer day department desk district engaged evening for
    from give good health hello help here hi holiday hours how housing i in it leave line main me monday morning my
    no not now number of office on or our out people person planning please reception recorded reached revenues
    services service something sorry speaking switchboard tax team that the there this through to tuesday unable
    unavailable us voicemail wednesday we welcome what who yes you your mailbox message automated test
    """
)

DEPARTMENTS: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{pattern})\b")
    for name, pattern in {
        "council tax": r"council tax",
        "housing benefit": r"(?:housing )?benefits?(?: team| office| service)?",
        "revenues": r"revenues?",
        "planning": r"planning",
        "building control": r"building control",
        "environmental health": r"environmental health",
        "customer services": r"customer (?:services?|contact|care)|contact centre",
        "housing repairs": r"(?:housing )?repairs",
        "housing": r"housing(?! benefits?| repairs)",
        "waste": r"waste(?: and recycling| services?)?|refuse|recycling|bins",
        "streets": r"street ?(?:scene|care|cleaning)|highways",
        "parking": r"parking",
        "licensing": r"licen[sc]ing",
        "elections": r"elect(?:ions|oral)(?: services| registration)?",
        "registrars": r"registrars?|registration service|births",
        "libraries": r"librar(?:y|ies)",
        "leisure": r"leisure",
        "social care": r"(?:adult|children'?s?) (?:social )?(?:care|services)|social (?:care|services)",
        "education": r"(?:school )?admissions|education",
        "reception": r"reception|switchboard",
    }.items()
}

QUEUE_INFO = re.compile(
    rf"\b(?:(?:number|position|place) (?:in the queue is )?(?:number )?{NUMBER}|"
    rf"{NUMBER} (?:callers?|people) (?:ahead|in)|"
    rf"you are (?:number )?{NUMBER}(?:st|nd|rd|th)? in|you are (?:next|first|second|third|fourth|fifth) in|"
    rf"wait(?:ing)?(?: time)? (?:\w+ ){{0,5}}{NUMBER} (?:minute|second|hour)|{NUMBER} minutes? wait)"
)
CALL_BACK = re.compile(r"\bcall ?backs?\b|\b(?:call|ring) you back\b|\bkeep(?:ing)? your place\b")
WEBSITE = re.compile(r"\b(?:web ?site|web ?page|online|on line|www|dot gov|gov dot uk|gov uk|my ?account)\b")
EMERGENCY = re.compile(r"\b(?:emergenc(?:y|ies)|urgent(?:ly)?|out of hours)\b")
TELLS_WHO = re.compile(
    r"\b(?:call|ring|phone|telephone|contact|dial|press|hold|stay on the line|number is|put through)\b"
)
MAILBOX_FULL = re.compile(
    r"\b(?:mailbox|voice ?mail|inbox) is (?:currently )?full\b|\bcannot (?:take|accept) (?:any )?messages\b"
)
ANOTHER_WAY = re.compile(
    r"\b(?:(?:call|ring|phone) you back|get back to you|return your call|be in touch|alternatively|instead|"
    r"(?:e ?mail|contact|call|ring) (?:\w+ ){0,4}(?:on|at) |please (?:call|ring|contact|email)|press \w+ to speak)"
)

# What a transcript may keep of words written with a capital; all others might be somebody's name.
KEPT = _set(
    """
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays
    sundays january february march april may june july august september october november december christmas easter
    bank new year boxing day good morning afternoon evening hello hi thank thanks please press for to if our your you
    we i i'm i'll it this that the a an all and or how what when where who can could is are in on at of by no yes not
    number call calls calling council councils councillor district borough city county metropolitan town parish
    authority services service customer housing benefit benefits tax environmental health planning waste recycling
    department team office offices reception switchboard welcome am pm uk gov www website english welsh cymraeg
    one two three four five six seven eight nine ten zero option alternatively outside otherwise unfortunately
    currently there they he she my me leave after sorry hold dial say select choose opening hours out from with due
    you're you've we're we've it's
    """
)
