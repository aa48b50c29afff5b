"""All that is kept of one organisation, in one ZIP file: for the organisation, which may see what was seen of it.

It is made whole or not at all. Passwords are not in the programme folder and so in no export.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from results.calendar import LONDON
from results.consents import ConsentLog
from results.retention import removed
from results.schema import Shop
from results.store import FrozenWave
from results.tables import actions, alerts, appeals, call_backs, effects, forms, mails, replies_by_hand, reviews, tasks
from results.whole import whole
from scenarios.answers import every_wave
from scenarios.bench import Bench

_README = """All that Doorstep keeps of {name}
made on {made} for {partnership}

organisation.json      the register entry: contacts, opening hours, consent
consent-changes.json   each change of the consent entry, and when it was first seen
waves.json             the waves in which it was shopped, and the standards profile of each
shops.json             every contact: when, what was seen, each answer with its reason, the scores
contacts-made.json     every e-mail, call and page that was let through, from the log
refused.json           every contact that the guard refused, and why
mails.json             every e-mail that came or was sent; those that still have their text are in mails/
replies-by-hand.json   replies by telephone, letter, visit or portal, as a person entered them
call-backs.json        calls to our numbers that answer a message
tasks.json, forms.json what people were asked to do, and what they wrote on their forms
reviews.json           what people said of answers that were proposed
appeals.json           the organisation's objections, and what became of them
action-plans.json      its action plans
alerts.json            when one of its lines, addresses or sites failed three times in a row, as we were told
evidence/              the files that answers lead to, under their SHA-256; shops.json says which belongs to which
removed.json           evidence that was removed because it had been kept for long enough: its SHA-256, and when

This file holds personal data of members of staff: names in e-mails, and voices where calls were recorded. Keep it and
pass it on accordingly. Moments are in UTC.
"""

_OF_SHOPS = {
    "replies-by-hand": replies_by_hand,
    "call-backs": call_backs,
    "tasks": tasks,
    "forms": forms,
    "reviews": reviews,
    "appeals": appeals,
}


@dataclass(frozen=True)
class Exported:
    """What went into an export."""

    path: Path
    shops: int
    mails: int
    evidence: int


async def export(bench: Bench, organisation: str, to: Path) -> Exported:
    """Write the file. `organisation`: an id of the register or of a wave that was run."""
    waves = await every_wave(bench)
    shops = {
        wave: [shop for shop in await bench.store.shops(frozen) if shop.organisation == organisation]
        for wave, frozen in waves.items()
    }
    shops = {wave: found for wave, found in shops.items() if found}
    ids = [shop.id for found in shops.values() for shop in found]
    tables = await _tables(bench, organisation, ids)
    evidence = _evidence(bench, [shop for found in shops.values() for shop in found])
    gone = await removed(bench.database)
    name, entry = _organisation(bench, organisation, waves)
    made = f"{bench.clock.now().astimezone(LONDON):%d/%m/%Y at %H:%M}"
    documents: dict[str, object] = {
        "organisation.json": entry,
        "consent-changes.json": [
            {"at": one.at, "entry": one.after and one.after.model_dump(mode="json")}
            for one in await ConsentLog(bench.database).changes(organisation)
        ],
        "waves.json": [
            {"wave": waves[wave].wave.model_dump(mode="json"), "scheme": waves[wave].scheme.digest} for wave in shops
        ],
        "shops.json": [shop.model_dump(mode="json") for found in shops.values() for shop in found],
        "refused.json": [
            one.model_dump(mode="json") for one in await bench.ledger.refusals() if one.organisation == organisation
        ],
        **{f"{name}.json": rows for name, rows in tables.items()},
        "removed.json": [
            {"sha256": one.sha256, "kind": one.kind, "name": one.name, "removed": gone[one.sha256]}
            for shop in (each for found in shops.values() for each in found)
            for one in (shop.observation.evidence if shop.observation else ())
            if one.sha256 in gone and one.sha256 not in evidence
        ],
    }
    texts = await _texts(bench, ids)
    readme = _README.format(name=name, made=made, partnership=bench.folder.programme.partnership)
    await asyncio.to_thread(_write, to, readme, documents, texts, evidence)
    return Exported(to, len(ids), len(texts), len(evidence))


def _organisation(bench: Bench, organisation: str, waves: Mapping[str, FrozenWave]) -> tuple[str, object]:
    """Its name and register entry; where it has left the register, the entry of its last wave."""
    there = bench.folder.register.get(organisation)
    for frozen in waves.values():
        there = bench.folder.register.get(organisation) or frozen.organisations.get(organisation) or there
    if there is None:
        raise KeyError(organisation)
    return there.name, there.model_dump(mode="json")


async def _tables(bench: Bench, organisation: str, shops: list[str]) -> dict[str, list[dict[str, object]]]:
    mine = set(shops)
    letters = [mails.c[name] for name in mails.c.keys() if name != "raw"]  # noqa: SIM118 - columns, not a dict
    async with bench.database.read() as connection:
        made = await connection.execute(sa.select(effects).where(effects.c.organisation == organisation))
        found = {
            "contacts-made": [dict(row._mapping) for row in made],
            "mails": [dict(row._mapping) for row in await connection.execute(sa.select(*letters)) if row.shop in mine],
        }
        planned = await connection.execute(sa.select(actions).where(actions.c.organisation == organisation))
        told = await connection.execute(sa.select(alerts).where(alerts.c.organisation == organisation))
        found["alerts"] = [dict(row._mapping) for row in told]
        found["action-plans"] = [dict(row._mapping) for row in planned]
        for name, table in _OF_SHOPS.items():
            rows = await connection.execute(sa.select(table))
            found[name] = [dict(row._mapping) for row in rows if row.shop in mine]
    return found


async def _texts(bench: Bench, shops: list[str]) -> dict[int, bytes]:
    """Mail number to the mail as it came."""
    return {mail.id: mail.raw for shop in shops for mail in await bench.mailbag.of(shop) if mail.forgotten_at is None}


def _evidence(bench: Bench, shops: list[Shop]) -> dict[str, tuple[Path, str]]:
    """Digest to the file and its name in the export, for those that are still there."""
    found: dict[str, tuple[Path, str]] = {}
    for shop in shops:
        for one in shop.observation.evidence if shop.observation else ():
            path = bench.evidence.path(one.sha256)
            if path.is_file():
                suffix = ".eml" if one.media_type == "message/rfc822" else mimetypes.guess_extension(one.media_type)
                found[one.sha256] = path, f"evidence/{one.sha256}{suffix or ''}"
    return found


def _write(
    to: Path,
    readme: str,
    documents: Mapping[str, object],
    texts: Mapping[int, bytes],
    evidence: Mapping[str, tuple[Path, str]],
) -> None:
    def write(half: Path) -> None:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("README.txt", readme)
            for name, document in documents.items():
                archive.writestr(name, json.dumps(document, indent=1, ensure_ascii=False, default=str))
            for number, raw in texts.items():
                archive.writestr(f"mails/{number}.eml", raw)
            for path, name in evidence.values():
                archive.write(path, name)

    whole(to, write)
