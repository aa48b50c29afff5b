"""A collector of traces on loopback: takes what OTLP exporters send over HTTP, and reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class Collector(ThreadingHTTPServer):
    """Takes what OTLP exporters send over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Takes)
        self.bodies: list[bytes] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[Any]:
        """Every span that came, in order."""
        return [span for _, span in self.by_process()]

    def by_process(self) -> list[tuple[str, Any]]:
        """The same, each with the process that told it."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        read = [of for body in self.bodies for of in ExportTraceServiceRequest.FromString(body).resource_spans]
        return [(_process(of), span) for of in read for scope in of.scope_spans for span in scope.spans]


class _Takes(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.end_headers()
        self.server.bodies.append(body)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def collected() -> Iterator[Collector]:
    """A collector that is up."""
    server = Collector()
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _process(of: Any) -> str:
    (found,) = [one.value.string_value for one in of.resource.attributes if one.key == "service.instance.id"]
    return str(found)


def trace_to(folder: Path, address: str) -> None:
    settings = folder / "programme.toml"
    settings.write_text(f'{settings.read_text()}\n[seeing]\ntraces = "{address}"\n')


def told(span: Any) -> dict[str, Any]:
    """A span's attributes."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
