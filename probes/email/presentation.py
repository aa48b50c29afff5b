"""How a reply reads and looks: its reading ease and a proposal for its layout. Pure. Courtesy does not live here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes.email.letter import Letter, sentences

FEWEST_WORDS = 100
"""Below this a reading ease says more about chance than about the writing."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LINK = re.compile(r"(?:https?://|www\.)\S{1,500}|\S{1,200}@\S{1,200}")
_LONG_BLOCK, _LONG_LETTER = 110, 60  # words
_SILENT = re.compile(r"(?<=[^aeiouy])e(?=ly$|ment)|(?<=m)e(?=t|w|h)(?<=^some)|(?<=^hous)e(?=h)|(?<=us)i(?=ness)")
_TWO_VOWELS = re.compile(r"(?<![ctsgx])i(?:a|o(?!n))|(?<![qg])ua|eas?$|[eo]i(?=ng)|ie(?=[tn])")


def words_of(text: str) -> list[str]:
    """The words of a text, links and addresses left out."""
    return _WORD.findall(_LINK.sub(" ", text))


def reading_ease(paragraphs: Sequence[str]) -> float | None:
    """Flesch reading ease of the body, to one decimal: 60 and more is plain English. None below 100 words.

    206.835 - 1.015 words a sentence - 84.6 syllables a word. Source: R. Flesch, "A new readability yardstick", 1948.
    """
    words = words_of(" ".join(paragraphs))
    if len(words) < FEWEST_WORDS:
        return None
    count = sum(1 for sentence in sentences("\n\n".join(paragraphs)) if words_of(sentence))
    return round(206.835 - 1.015 * len(words) / count - 84.6 * sum(map(syllables, words)) / len(words), 1)


def syllables(word: str) -> int:
    """An estimate for an English word: groups of vowels without silent ones. Hyphenation finds a sixth too few."""
    word = re.sub(r"[^a-z]", "", word.casefold())
    count = len(re.findall(r"[aeiouy]+", word)) + len(_TWO_VOWELS.findall(word)) - len(_SILENT.findall(word))
    if re.search(r"[^aeiouy]e$", word):
        count -= not re.search(r"[^aeiouylr]le$|[^aeiouy]re$", word)
    elif re.search(r"[^aeiouytd]ed$", word) or re.search(r"[^aeiouyszxcgh]es$", word):
        count -= not word.endswith("les")
    return max(count, 1)


def layout(letter: Letter) -> int:
    """A proposal from 1 to 5: paragraphs, greeting and sign-off, capitals where they belong, no clutter."""
    body, words = letter.body, words_of(letter.body)
    faults = 0
    if len(words) >= _LONG_LETTER and len(letter.paragraphs) < 2:
        faults += 2
    elif any(len(words_of(block)) > _LONG_BLOCK for block in letter.paragraphs):
        faults += 1
    shouted = [word for word in words if len(word) > 3 and word.isupper()]
    if len(shouted) > max(2, len(words) // 10) or re.search(r"!{2,}|\?{2,}", body):
        faults += 2
    said = [sentence for sentence in sentences("\n\n".join(letter.paragraphs)) if sentence[0].isalpha()]
    if any(sentence[0].islower() for sentence in said):
        faults += 2
    faults += not letter.greeting
    faults += not letter.sign_off
    clutter = sum(map(len, letter.signature)) - 800
    return max(1, 5 - faults - (clutter > len(body)))
