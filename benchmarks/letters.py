"""Letters that a benchmark puts into mailboxes: about as long, and with about the headers, that councils' have."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from tests.mailstack.stack import OURS, MailStack

_WORDS = "Thank you for your question about the collection of bulky waste, which we have looked into for you. "


def letter(number: int, to: str, answers: str = "") -> bytes:
    """One of them. `to`: the address it is delivered to; `answers`: the Message-ID of the mail it replies to."""
    council = f"c{number % 400}.council.test"
    reply = f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else ""
    return (
        f"Return-Path: <desk@{council}>\r\nDelivered-To: {to}\r\n"
        f"Received: from mx.{council} (mx.{council} [192.0.2.1])\r\n"
        f"\tby mail.{OURS} (Postfix) with ESMTPS id {number:x}\r\n"
        f"\tfor <{to}>; Tue, 17 Nov 2026 10:00:00 +0000 (GMT)\r\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={council}; s=a;\r\n"
        f"\tbh={'A' * 43}=;\r\n\tb={'B' * 340}\r\n"
        f"From: Customer Services <desk@{council}>\r\nTo: {to}\r\nSubject: RE: Old sofa\r\n"
        f"Date: Tue, 17 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@{council}>\r\n{reply}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Dear resident\r\n\r\n{(_WORDS + chr(13) + chr(10)) * 15}\r\nKind regards\r\n\r\nCustomer Services\r\n"
    ).encode()


def fill(stack: MailStack, user: str, letters: Iterable[tuple[int, bytes]]) -> None:
    """Put numbered letters into a user's INBOX as files, as Dovecot itself would name them; in order of the numbers."""
    folder: Path = stack.maildir(user) / "cur"
    owner = pwd.getpwnam("mail")
    for number, raw in letters:
        path = folder / f"{1_700_000_000 + number}.M{number}P1.mail,S={len(raw)},W={len(raw)}:2,"
        path.write_bytes(raw)
        os.chown(path, owner.pw_uid, owner.pw_gid)
