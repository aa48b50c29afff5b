"""A council's telephones for tests and benchmarks: SIPp on loopback, which does what the number says (council.xml).

Everything said to it comes back, so that a test hears what the called heard.
"""

from __future__ import annotations

import importlib.util
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("sip-tester", "tcpdump", "espeak-ng")
_PATIENCE = 10.0  # seconds for SIPp to start
_TRIES = 4
_HERE = Path(__file__).parent
_SENT_OR_HEARD = re.compile(
    r"^-{20,} (\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d\.\d+)\n\w+ message (sent|received) [^\n]*\n\n(.*?)(?=^-{20,}|\Z)",
    re.MULTILINE | re.DOTALL,
)


def lacking() -> str:
    """Why no council can be called here over SIP; nothing when one can."""
    programmes = [name for name in ("sipp", "espeak-ng") if not shutil.which(name)]
    if programmes:
        return f"{', '.join(programmes)} not installed (Debian packages {' '.join(PACKAGES)})"
    return "" if importlib.util.find_spec("baresip") else "the extra `sip` is not installed"


def number(manner: int, tenths: int = 0) -> str:
    """The number that does so, after so many tenths of a second of ringing: see council.xml."""
    return f"+441134960{manner}{tenths:02d}"


@dataclass(frozen=True)
class Message:
    """A SIP message as SIPp logged it. `at`: local time of day, as seconds since midnight."""

    at: float
    sent: bool
    text: str

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0].strip()

    def header(self, name: str) -> str:
        """The value of a header; empty where it is missing."""
        found = re.search(rf"^{name}: *(.*?)\s*$", self.text, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""


@dataclass(frozen=True)
class Council:
    """SIPp, up. `host`: where its telephones are reached, with the port."""

    host: str
    log: Path

    def messages(self) -> list[Message]:
        """All that it has heard and sent."""
        found = _SENT_OR_HEARD.findall(self.log.read_text(errors="replace") if self.log.exists() else "")
        return [Message(_seconds(clock), way == "sent", text) for _, clock, way, text in found]

    def heard(self, method: str) -> list[Message]:
        """The requests of a method that have come in, repetitions left out."""
        requests = (each for each in self.messages() if not each.sent and each.first.startswith(f"{method} "))
        return list({(each.header("Call-ID"), each.header("CSeq")): each for each in requests}.values())


@contextmanager
def council(scenario: Path = _HERE / "council.xml") -> Iterator[Council]:
    """Let SIPp play a scenario on a free port until the end. Raises `RuntimeError` when it does not come up."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-sipp-", dir="/tmp"))
    for tries_left in reversed(range(_TRIES)):
        signalling, media = _free_ports()
        process = _started(scenario, folder, signalling, media)
        try:
            _wait_for(signalling, process, folder)
            break
        except RuntimeError:  # somebody else took a port meanwhile
            if not tries_left:
                raise
    try:
        yield Council(f"127.0.0.1:{signalling}", folder / "messages.log")
    finally:
        process.kill()  # asked kindly, it waits for calls to end
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _started(scenario: Path, folder: Path, signalling: int, media: int) -> subprocess.Popen[bytes]:
    command = [
        *("sipp", "-sf", str(scenario), "-i", "127.0.0.1", "-p", str(signalling)),
        *("-mi", "127.0.0.1", "-mp", str(media), "-rtp_echo", "-nostdin"),
        *("-trace_msg", "-message_file", str(folder / "messages.log")),
    ]
    with (folder / "screen.log").open("wb") as screen:
        return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(f"SIPp does not come up:\n{(folder / 'screen.log').read_text(errors='replace')[-2000:]}")


def _free_ports() -> tuple[int, int]:
    """A port for signalling, and an even one for media whose neighbours are free too: SIPp takes all four."""
    for _ in range(100):
        media = random.randrange(21000, 60000, 64)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as signalling:
            signalling.bind(("127.0.0.1", 0))
            if all(_is_free(media + each) for each in range(4)):
                return signalling.getsockname()[1], media
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
