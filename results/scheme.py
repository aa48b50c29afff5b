"""The scoring scheme as data: criteria, weights and standards profiles, with the digest that names a version for ever.

The data lies in the folder `scheme` beside this module. How answers are marked lives in `results.scoring`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from results.schema import CHANNELS, Criterion, Profile, Scheme

FOLDER = Path(__file__).parent / "scheme"

_MARKING = (
    *("id", "channel", "answer", "fact", "between", "profile_key", "good", "marks", "bands"),
    *("applies_if", "fails_if_not", "proposed"),
)
"""The fields of a criterion that decide what an answer is and which marks it earns."""


class UnknownProfile(Exception):
    """A wave asks for a standards profile that is not there."""


def profiles() -> tuple[str, ...]:
    """The ids of the standards profiles that come with Doorstep."""
    return tuple(sorted(path.stem for path in (FOLDER / "profiles").glob("*.yaml")))


@lru_cache(maxsize=1)
def promises() -> Mapping[str, str]:
    """What the figures of a profile say, by key: a sentence with {} for the figure. No profile has any other figure."""
    return dict(_yaml(FOLDER / "figures.yaml"))


@lru_cache(maxsize=16)
def load(profile: str) -> Scheme:
    """Today's scheme with a standards profile that comes with Doorstep, digested. Raises `UnknownProfile`."""
    if profile not in profiles():
        raise UnknownProfile(f"there is no standards profile {profile!r}; there are: {', '.join(profiles())}")
    return build(Profile.model_validate(_yaml(FOLDER / "profiles" / f"{profile}.yaml")))


def build(profile: Profile) -> Scheme:
    """Today's scheme with any standards profile, digested."""
    head = _yaml(FOLDER / "scheme.yaml")
    scheme = Scheme(
        version=head["version"],
        stage_weights=head["stage_weights"],
        criteria=tuple(
            Criterion.model_validate(entry)
            for part in (*CHANNELS, "any")
            for path in sorted(FOLDER.glob(f"{part}*.yaml"))  # phone.yaml, then phone_1_menus.yaml and so on
            for entry in _yaml(path)
        ),
        profile=profile,
    )
    return scheme.model_copy(update={"digest": digest(scheme)})


def marked_alike(one: Criterion, other: Criterion) -> bool:
    """Whether the same would be answered and marked the same by both: words, guidance and weight may differ."""
    return all(getattr(one, field) == getattr(other, field) for field in _MARKING)


def digest(scheme: Scheme) -> str:
    """SHA-256 over the scheme's canonical JSON, its own digest left out: 64 hexadecimal digits.

    What is at its default is left out too, so that a field added to the nouns later changes no digest by itself.
    """
    document = scheme.model_dump(mode="json", exclude={"digest"}, exclude_defaults=True)
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _yaml(path: Path) -> Any:  # noqa: ANN401 - packaged data, validated by the nouns
    return YAML(typ="safe", pure=True).load(path)
