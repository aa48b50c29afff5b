"""From public lists into the register: councils from the list of local authorities, numbers from Open Referral UK.

Pure but for reading the files named; writing the register is `scenarios.commands.imports`'. No import ever writes a
consent entry, so nobody is contacted because of one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import phonenumbers
from pydantic import ValidationError

from probes.guard import Carrier, never_dialled
from results.schema import Organisation
from scenarios.reading import Invalid, Problem

_LARGEST = 50_000_000  # bytes
_TIERS: Mapping[str, str] = {"1": "county", "2": "district", "3": "unitary"}
_NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
_NEEDED = ("tier_id", "slug", "country_name", "homepage_url", "name")
_SPOKEN = ("", "voice")
_DEEPEST = 12  # nested objects; HSDS has six
_LONGEST_LABEL = 200


@dataclass(frozen=True)
class Council:
    """One authority of the list. `remark`: what has no place in the register but is worth knowing."""

    organisation: Organisation
    remark: str


@dataclass(frozen=True)
class Numbers:
    """Telephone numbers of services, ready for the register: number and label. `left`: why others were not taken."""

    lines: tuple[tuple[str, str], ...]
    left: tuple[str, ...]


def councils(path: Path, only: Collection[str] = ()) -> tuple[tuple[Council, ...], tuple[Problem, ...]]:
    """The authorities of a file in the layout of alphagov/local-links-manager's data/local-authorities.csv.

    `only`: slugs. Returns what could be read, and a problem for each row that could not: nothing else is lost by it.
    Raises `Invalid` where the file is none.
    """
    table = _table(path, _NEEDED)
    names = {row.get("id", ""): row["name"] for _, row in table if row.get("id")}
    found: list[Council] = []
    problems: list[Problem] = []
    for line, row in table:
        if only and row["slug"] not in only:
            continue
        try:
            found.append(_council(row, names))
        except ValidationError as error:
            for item in error.errors(include_url=False):
                column = {"id": "slug", "contacts": "homepage_url"}.get(str(item["loc"][0]), str(item["loc"][0]))
                given = row.get(column, "")[:80]
                problems.append(Problem(path.name, line, column, f"is {given!r}; {_right(column)}"))
        except KeyError as error:
            column, allowed = error.args[0]
            problems.append(Problem(path.name, line, column, f"is {row[column][:80]!r}; it must be {allowed}"))
    there = {row["slug"] for _, row in table}
    problems += [
        Problem(path.name, 0, "slug", f"there is no {slug!r} in this file") for slug in sorted(set(only) - there)
    ]
    return tuple(found), tuple(problems)


def _council(row: Mapping[str, str], names: Mapping[str, str]) -> Council:
    if row["tier_id"] not in _TIERS:
        raise KeyError(("tier_id", "1 (county), 2 (district) or 3 (unitary)"))
    if row["country_name"] not in _NATIONS:
        raise KeyError(("country_name", ", ".join(_NATIONS)))
    organisation = Organisation.model_validate(
        {
            "id": row["slug"],
            "name": row["name"],
            "nation": row["country_name"],
            "tier": _TIERS[row["tier_id"]],
            "contacts": {"sites": [row["homepage_url"]] if row["homepage_url"] else []},
        }
    )
    parent = names.get(row.get("parent_local_authority_id", ""), "")
    told = [f"GSS {row['gss']}" if row.get("gss") else "", f"within {parent}" if parent else ""]
    return Council(organisation, ", ".join(filter(None, told)))


def _right(column: str) -> str:
    return {
        "slug": "use small letters, digits and hyphens only",
        "homepage_url": "write the whole address, beginning https://",
        "name": "write a name of at most 200 letters",
    }.get(column, "it cannot be used")


# ------------------------------------------------------------------------------------------------ Open Referral UK


def numbers(path: Path, carrier: Carrier) -> Numbers:
    """The numbers of services in an Open Referral UK (HSDS 3.0) file: JSON, or a folder with the CSV tables.

    Of a folder the tables service(s).csv and phone(s).csv are read. Numbers of named people are left out, and whatever
    may never be dialled. Raises `Invalid`.
    """
    pairs = _from_tables(path) if path.is_dir() else _from_json(path)
    lines: dict[str, str] = {}
    left: dict[str, None] = {}
    for phone, label in pairs:
        number, why = _number(phone, carrier)
        if number is None:
            left.setdefault(why)
        else:
            lines.setdefault(number, " ".join(label.split())[:_LONGEST_LABEL] or "Imported")
    return Numbers(tuple(lines.items()), tuple(left))


def _number(phone: Mapping[str, object], carrier: Carrier) -> tuple[str | None, str]:
    """A number as the register wants it, or why it cannot be taken."""
    written = str(phone.get("number") or "").strip(" \"'")[:40]
    kind = str(phone.get("type") or "").strip().lower()
    if kind not in _SPOKEN:
        return None, f"{written}: is for {kind[:20]}"
    if phone.get("extension"):
        return None, f"{written}: has an extension, which no probe dials"
    try:
        number = phonenumbers.format_number(phonenumbers.parse(written, "GB"), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return None, f"{written!r}: is no telephone number"
    if why := never_dialled(number, carrier):
        return None, why
    return number, ""


def _from_json(path: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    try:
        tree = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise Invalid([Problem(path.name, 0, "", f"is not JSON: {str(error)[:200]}")]) from None
    found = list(_phones(tree, "", _DEEPEST))
    if not found and not _has_a_service(tree):
        why = "holds no service; give an HSDS 3.0 service, a list of services, or an organisation with its services"
        raise Invalid([Problem(path.name, 0, "", why)])
    return iter(found)


def _phones(tree: object, label: str, deep: int) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each phone below a part of the tree, with the name of the service (or else the organisation) it is of."""
    if isinstance(tree, list) and deep:
        for one in tree:
            yield from _phones(one, label, deep - 1)
    elif isinstance(tree, dict) and deep:
        name = tree.get("name")
        own = label
        if isinstance(name, str) and not ("addresses" in tree or "location_type" in tree):  # not a location's name
            own = name
        for phone in tree.get("phones") or ():
            if isinstance(phone, dict):
                yield phone, own
        for key, below in tree.items():
            if key not in ("phones", "contacts"):  # a contact is a person with a name
                yield from _phones(below, own, deep - 1)


def _has_a_service(tree: object) -> bool:
    some = tree[0] if isinstance(tree, list) and tree else tree
    return isinstance(some, dict) and bool({"name", "contents", "services"} & set(some))


def _from_tables(folder: Path) -> Iterator[tuple[Mapping[str, Any], str]]:
    phones = _table(_either(folder, "phone.csv", "phones.csv"), ("number",))
    services = {
        row["id"]: row["name"] for _, row in _table(_either(folder, "service.csv", "services.csv"), ("id", "name"))
    }
    for _, row in phones:
        if not row.get("contact_id") or row.get("service_id"):
            yield row, services.get(row.get("service_id", ""), row.get("description", ""))


def _either(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise Invalid([Problem(str(folder), 0, "", f"has no {' or '.join(names)}")])


# ------------------------------------------------------------------------------------------------ files


def _table(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers; cells are trimmed. Raises `Invalid`."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), restval="")
    try:
        header = reader.fieldnames or ()
        if missing := [name for name in needed if name not in header]:
            why = f"has no column {', '.join(missing)}; its columns are: {', '.join(map(str, header)) or 'none'}"
            raise Invalid([Problem(path.name, 1, "", why[:500])])
        return [
            (reader.line_num, {str(key): str(value or "").strip() for key, value in row.items() if key})
            for row in reader
        ]
    except csv.Error as error:
        raise Invalid([Problem(path.name, reader.line_num, "", f"is not CSV: {error}")]) from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise Invalid([Problem(path.name, 0, "", f"is larger than {_LARGEST:,} bytes; it cannot be meant")])
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise Invalid([Problem(path.name, 0, "", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise Invalid([Problem(path.name, 0, "", "is not UTF-8 text; save it as UTF-8")]) from None
