"""A real mail server for tests and benchmarks: Postfix, Dovecot and Pigeonhole Sieve on loopback, state in one folder.

Each starts its own and may run beside others: ports are free ones, every file is in a new folder under /tmp, which is
gone afterwards. Nothing leaves the machine: mail for any domain but its own is thrown away.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from probes.email.account import Account
from tests.mailstack.settings import Ports, certificates, dovecot, postfix_main, postfix_master

PACKAGES = ("postfix", "dovecot-imapd", "dovecot-lmtpd", "dovecot-sieve")
OURS, THEIRS = "shopper.test", "council.test"
PASSWORD = "open sesame"
_PATIENCE = 30.0  # seconds for the servers to start or stop


def lacking() -> str:
    """Why a real mail server cannot be started here; nothing when it can."""
    programmes = [name for name in ("postfix", "dovecot", "sievec") if not _found(name)]
    if programmes:
        return f"{', '.join(programmes)} not installed (Debian packages {' '.join(PACKAGES)})"
    return "" if os.geteuid() == 0 else "Postfix and Dovecot start as root only"


def _found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


@dataclass(frozen=True)
class MailStack:
    """Postfix and Dovecot, up. `root`: where all their files are. `tokens`: OAuth 2 access token to user name."""

    root: Path
    ports: Ports
    tokens: dict[str, str]

    @property
    def authority(self) -> Path:
        """The certificate authority that vouches for the servers."""
        return self.root / "ca.pem"

    def add(self, user: str, sieve: str = "") -> str:
        """A mailbox, with a Sieve script that is run on each delivery. Returns its address."""
        address = user if "@" in user else f"{user}@{OURS}"
        # A file for each user: Dovecot looks only once a second whether a file has changed.
        (self.root / "users" / address).write_text(f"{address}:{{PLAIN}}{PASSWORD}::::::\n")
        (self.root / "heard" / address).mkdir(mode=0o777)
        (self.root / "heard" / address).chmod(0o777)
        if sieve:
            (self.root / "sieve" / f"{address}.sieve").write_text(sieve)
        return address

    def account(self, user: str, *, tls: bool = False) -> Account:
        """The mailbox of a user as the probes see it. SMTP asks for TLS in any case before anybody may log in."""
        imap = self.ports.imaps if tls else self.ports.imap
        address = f"{user}@{OURS}"
        return Account(user, address, "127.0.0.1", self.ports.smtp, "127.0.0.1", imap, address, PASSWORD, tls=tls)

    def maildir(self, user: str) -> Path:
        """Where the messages of a mailbox are; created when it is not there."""
        folder = self.root / "mail" / f"{user}@{OURS}"
        for each in (folder, *(folder / name for name in ("cur", "new", "tmp"))):
            each.mkdir(exist_ok=True)
            shutil.chown(each, "mail", "mail")
        return folder

    def renumber(self, user: str) -> None:
        """Let Dovecot forget the UIDs of INBOX: it will number the messages anew, under a new UIDVALIDITY."""
        folder = self.maildir(user)
        for path in folder.glob("dovecot*"):
            path.unlink()

    def heard(self, user: str) -> str:
        """Every IMAP command that a user has sent after logging in."""
        folder = self.root / "heard" / f"{user}@{OURS}"
        return "".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.in")))


@contextmanager
def mail_stack() -> Iterator[MailStack]:
    """Start both servers and wait until they answer; stop them and delete everything afterwards.

    Raises `RuntimeError` with the end of their logs when they do not come up.
    """
    with contextlib.ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="doorstep-mail-", dir="/tmp"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        tokens: dict[str, str] = {}
        ports = Ports(*_free_ports(3))
        _write(root, ports, stack.enter_context(_token_info(tokens)))
        stack.enter_context(_dovecot(root))
        stack.enter_context(_postfix(root))
        for port in (ports.imap, ports.imaps, ports.smtp):
            _wait_for(port, root)
        yield MailStack(root, ports, tokens)


def _write(root: Path, ports: Ports, token_info: str) -> None:
    root.chmod(0o755)
    for name in ("dovecot", "postfix", "queue", "queue/private", "data", "mail", "sieve", "heard", "users"):
        (root / name).mkdir()
    shutil.chown(root / "data", "postfix")
    shutil.chown(root / "queue/private", "postfix")
    (root / "queue/private").chmod(0o755)
    shutil.chown(root / "mail", "mail", "mail")
    shutil.chown(root / "sieve", "mail", "mail")
    certificates(root)
    (root / "dovecot.conf").write_text(dovecot(root, ports, token_info))
    (root / "postfix/main.cf").write_text(postfix_main(root, f"{OURS} {THEIRS}"))
    (root / "postfix/master.cf").write_text(postfix_master(ports))


@contextmanager
def _dovecot(root: Path) -> Iterator[None]:
    command = [str(_found("dovecot")), "-F", "-c", str(root / "dovecot.conf")]
    with (root / "start.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _postfix(root: Path) -> Iterator[None]:
    command = [str(_found("postfix")), "-c", str(root / "postfix")]
    with (root / "start.log").open("ab") as log:
        subprocess.run([*command, "start"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        try:
            yield
        finally:
            subprocess.run([*command, "stop"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)


def _wait_for(port: int, root: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    logs = [path.read_text(errors="replace")[-2000:] for path in sorted(root.glob("*.log"))]
    raise RuntimeError("the mail server does not come up:\n" + "\n".join(logs))


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


# ------------------------------------------------------------------------------------------------ whose token it is


@contextmanager
def _token_info(tokens: dict[str, str]) -> Iterator[str]:
    """An identity service that says whose an access token is; its address, to which the token is appended."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("access_token", [""])[0]
            user = tokens.get(token)
            said = {"active": "yes", "username": user} if user else {"active": "no", "error": "invalid_token"}
            content = json.dumps(said).encode()
            self.send_response(200 if user else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tokeninfo?access_token="
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
