"""Traces for an OpenTelemetry collector: a span for each round, run, job and contact. Nothing, unless asked for.

What is told: ids of runs, waves, organisations, scenarios and contacts, channels, counts, and what became of a contact.
No address, no number, no words and no secret; what looks like one is taken out. The library is the extra `traces`; it
sends in the background, as OTLP over HTTP, and a collector that is gone holds nothing up. Headers for a collector that
wants a token come from the environment alone: OTEL_EXPORTER_OTLP_HEADERS.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from scenarios.logs import in_words, plain
from scenarios.reading import Invalid, Problem

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan

Value = str | int | float | bool | None

_PATIENCE = 3.0  # seconds for a collector, also when a command ends


class Span(Protocol):
    """Something that is going on."""

    def tell(self, **what: Value) -> None:
        """What is known of it; None is left out."""


class Traces(Protocol):
    """Where spans begin."""

    @property
    def here(self) -> str:
        """By which what another process does is known as a part of what goes on here (W3C traceparent); "" for none."""

    def span(self, name: str, part_of: str = "", **what: Value) -> AbstractContextManager[Span]:
        """A span while the block lasts, within the one that is going on, or the one that `part_of` marks."""


def traces(endpoint: str | None) -> Traces:
    """What sends to a collector, e.g. http://127.0.0.1:4318; or does nothing. Raises `Invalid` without the extra."""
    if endpoint is None:
        return _Silent()
    try:
        return _Told(_provider(endpoint))
    except ModuleNotFoundError:
        why = "needs what is not installed; install doorstep with its extra `traces`, or take it out"
        raise Invalid([Problem("programme.toml", 0, "seeing.traces", why)]) from None


def flush() -> None:
    """Send what has not been sent yet; a process that ends does so by itself."""
    for provider in _open:
        provider.force_flush()


class _Silent:
    """Nothing is traced."""

    here = ""

    @contextmanager
    def span(self, name: str, part_of: str = "", **what: Value) -> Iterator[Span]:
        yield self

    def tell(self, **what: Value) -> None:
        pass


# ------------------------------------------------------------------------------------------------ with the library

_open: list[TracerProvider] = []


@cache
def _provider(endpoint: str) -> TracerProvider:
    """One for the whole process: it sends in a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # A collector that is gone would be told on standard error every few seconds.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    us = {"service.name": "doorstep", "service.version": version("doorstep")}
    where = {"service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
    provider = TracerProvider(resource=Resource.create(us | where))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_PATIENCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _open.append(provider)
    return provider


class _Told:
    """Spans that are sent to a collector."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("doorstep")

    @property
    def here(self) -> str:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return carrier.get("traceparent", "")

    @contextmanager
    def span(self, name: str, part_of: str = "", **what: Value) -> Iterator[Span]:
        from opentelemetry.trace import Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        within = TraceContextTextMapPropagator().extract({"traceparent": part_of}) if part_of else None
        with self._tracer.start_as_current_span(
            name, context=within, record_exception=False, set_status_on_exception=False
        ) as span:
            told = _Going(span)
            told.tell(**what)
            try:
                yield told
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, in_words(error)))
                raise


class _Going:
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    def tell(self, **what: Value) -> None:
        for key, value in what.items():
            if value is not None:
                self._span.set_attribute(f"doorstep.{key}", plain(value) if isinstance(value, str) else value)
