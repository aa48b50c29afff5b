"""Traces as a collector receives them: rounds, runs, jobs and contacts, and nothing about anybody."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scenarios import traces
from scenarios.programme import load
from scenarios.reading import Invalid
from tests.scenarios.collector import Collector, collected, told, trace_to
from tests.scenarios.shopping import programme, run

pytest.importorskip("opentelemetry.sdk", reason="the extra `traces` is not installed")

TELL_NOBODY = """
import sys, scenarios.cli, scenarios.bench
print(*(name for name in sys.modules if name.startswith("opentelemetry")))
with scenarios.bench.traces("http://127.0.0.1:9").span("run"):
    print("made")
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collected() as server:
        yield server


def spans_of(collector: Collector) -> list[Any]:
    """Every span, those too that this process has not sent yet."""
    traces.flush()
    return collector.spans()


async def test_a_run_its_jobs_and_their_contacts_are_one_trace_without_anybodys_address(
    tmp_path: Path, collector: Collector
) -> None:
    async with programme(tmp_path, "email", mails_per_day=2) as folder:
        trace_to(folder, collector.address)
        await run(folder)
        addresses = [one for each in load(folder).register.values() for one in each.contacts.addresses]

    spans = await asyncio.to_thread(spans_of, collector)
    by_name = {name: [span for span in spans if span.name == name] for name in ("run", "job", "contact")}
    (whole,) = by_name["run"]
    assert [len(by_name[name]) for name in ("job", "contact")] == [5, 5]
    assert {span.trace_id for span in spans} == {whole.trace_id}
    assert {span.parent_span_id for span in by_name["job"]} == {whole.span_id}
    assert {span.parent_span_id for span in by_name["contact"]} == {span.span_id for span in by_name["job"]}
    assert told(whole)["doorstep.made"] == 2
    assert told(whole)["doorstep.refused"] == 3
    contacts = [told(span) for span in by_name["contact"]]
    assert {one["doorstep.organisation"] for one in contacts} == {"hollinbrook"}
    assert sorted(one["doorstep.outcome"] for one in contacts) == ["made", "made", "refused", "refused", "refused"]
    assert {one.get("doorstep.refused") for one in contacts} == {None, "limit.day"}
    assert addresses
    assert not [body for body in collector.bodies if any(one.encode() in body for one in addresses)]
    assert not [value for span in spans for value in told(span).values() if "@" in str(value)]


async def test_what_another_process_does_is_a_part_of_the_same_trace(collector: Collector) -> None:
    there = traces.traces(collector.address)
    with there.span("run"):
        mark = there.here
    with there.span("job", mark, organisation="amber"), there.span("contact", why="ring 0113 496 0000, a@b.example"):
        pass

    run_, job, contact = sorted(
        await asyncio.to_thread(spans_of, collector), key=lambda span: span.start_time_unix_nano
    )
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9a-f]", mark)
    assert (job.trace_id, job.parent_span_id) == (run_.trace_id, run_.span_id)
    assert contact.parent_span_id == job.span_id
    assert told(contact) == {"doorstep.why": "ring [number], [address]"}


def test_nothing_is_loaded_unless_asked_for_and_a_collector_that_is_gone_is_no_trouble() -> None:
    done = subprocess.run([sys.executable, "-c", TELL_NOBODY], capture_output=True, text=True, check=True, timeout=60)

    assert (done.stdout, done.stderr) == ("\nmade\n", "")


def test_without_the_extra_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    with pytest.raises(Invalid, match="install doorstep with its extra `traces`"):
        traces.traces("http://127.0.0.1:4318")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://me:secret@collector.example", "holds what may be a secret"),
        ("http://collector.example:4318", "anybody on the way can read"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(tmp_path: Path, address: str, why: str) -> None:
    (tmp_path / "programme.toml").write_text('partnership = "P"\ncontact = "https://p.example"\n')
    trace_to(tmp_path, address)

    with pytest.raises(Invalid, match=why):
        load(tmp_path)
