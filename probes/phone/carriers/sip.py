"""Calls over SIP, through a trunk or a registration of one's own. Needs the extra `sip` (baresip-python) and a voice.

What Twilio's list tells to a quarter of a second, this provider sees on the wire: every call carries the exact moments
at which it was dialled, rang, was answered and ended. Sound stays in house.

Two things differ from a carrier that is a company. There is no list of calls but this object's own, so after a crash
`since` knows nothing, and what became of a call then under way is not known. And a call lives as long as this
process: one that was being talked on when it is killed falls silent until the other side puts the telephone down.

The library has few types and is optional; it is met in this file alone. Only one may be open in a process.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from probes.clock import Clock
from probes.phone.carriers import FINAL, CallNow, CarrierDown, CarrierRefused, Recording, Speech, Status, Still
from probes.phone.carriers.sip_line import UNANSWERED, Line, code_in, number_in, outcome
from probes.phone.carriers.sip_sound import Tape, Utterance, utterance
from probes.phone.voice import NoVoice, spoken

_LONGEST_DIALLING = 20.0  # seconds until the network must say that it rings, or anything else
_LONGEST_SETTING_UP = 0.8  # seconds from the answer until sound must flow: somebody is listening
_LISTEN_EVERY = 0.02  # seconds, a packet's worth
_SPEAK_EVERY = 0.1  # seconds; the library's buffer holds two
_AFTERWARDS = 0.3  # seconds from our last sample to hanging up, so that the last word arrives
_REGISTER_EVERY = 600  # seconds
_SIGNING_OUT = 3.0  # seconds; a registrar that does not answer forgets us by itself
_AT_ONCE = 16_000  # bytes handed to the library, which takes less
_WORDS_KEPT = 100  # texts kept as sound: the same are said to all lines of an organisation

Voice = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True)
class Trunk:
    """Where calls go out, and as whom.

    `host`: of the trunk or registrar, with its port where that is not 5060 (5061 for TLS). `user` and `password`: as
    the provider gave them; an IP trunk knows its customers by address and needs no password. `caller`: our number in
    E.164, which the called see. `registers`: sign in and stay signed in, which is also how call-backs reach us.
    `authority`: with TLS, the file of certificates to trust; the server's must be signed by one of them. Only the
    signalling is encrypted so, not the sound. `interface`: the local address or interface to call from; found by itself
    where None. `channels`: how many calls at once the trunk carries. One more waits here: a trunk that is full answers
    like a line that is engaged. `numbers`: others of ours, which a call may show and whoever calls back may ring.
    Raises `ValueError` when these do not fit together.
    """

    host: str
    user: str
    caller: str
    password: str = field(default="", repr=False)
    transport: Literal["udp", "tcp", "tls"] = "udp"
    registers: bool = False
    authority: Path | None = None
    interface: str | None = None
    channels: int = 2
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.transport == "tls" and self.authority is None:
            raise ValueError("a trunk over TLS needs `authority`: the file of certificates to trust")
        if self.authority is not None and re.search(r"\s", str(self.authority)):
            raise ValueError(f"the path of `authority` may hold no space: {self.authority}")


class Sip:
    """Calls over one trunk. `explanation`: what is said to whoever calls our number back.

    Open it with `async with`; raises `CarrierRefused` there when the extra is missing or the registrar says no, and
    `CarrierDown` when the registrar does not answer. On leaving, what still rings is given up, and what is being said
    is said to its end, but not over and over.
    """

    name = "sip"
    lists_calls = False

    def __init__(self, trunk: Trunk, clock: Clock, explanation: str, voice: Voice = spoken) -> None:
        self._trunk = trunk
        self._clock = clock
        self._explanation = explanation
        self._voice = voice
        self._spoken: dict[str, bytes] = {}
        self._explained = b""
        self._free = asyncio.Semaphore(trunk.channels)
        self._one_dials = asyncio.Lock()
        self._dialling: Line | None = None
        self._by_handle: dict[int, Line] = {}
        self._made: dict[str, Line] = {}
        self._received: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._library: Any = None
        self._runtime: Any = None
        self._agent: Any = None

    async def __aenter__(self) -> Sip:
        library = self._library = _library()
        self._runtime = library.Runtime()
        try:
            await self._runtime.start(_settings(library, self._trunk))
        except library.BaresipError as error:
            raise CarrierDown(f"SIP does not start: {error}") from None
        try:
            # Made before anybody can call us, as every other text is before it is needed.
            with suppress(NoVoice):
                self._explained = await self._say(self._explanation)
            await self._sign_in(library)
        except BaseException:
            await self._runtime.close()
            raise
        return self

    async def _sign_in(self, library: Any) -> None:  # noqa: ANN401 - no types
        self._runtime.subscribe(self._told)
        account = library.Account(
            self._trunk.user,
            self._trunk.host,
            self._trunk.password,
            reg_interval=_REGISTER_EVERY if self._trunk.registers else 0,
            transport=self._trunk.transport,
            extra_params=("sip_autoredirect=no",),
        )
        try:
            self._agent = await library.UserAgent.create(self._runtime, account, transfer_policy="reject")
            self._agent.on_incoming(self._called_back)
            if self._trunk.registers:
                await self._agent.register()
        except library.RegistrationError as error:
            if error.status is None:
                raise CarrierDown(f"the registrar {self._trunk.host} does not answer: {error}") from None
            raise CarrierRefused(f"the registrar {self._trunk.host} refuses: {error.status} {error.reason}") from None
        except library.BaresipError as error:
            raise CarrierDown(f"SIP does not start: {error}") from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        try:
            while self._tasks:
                await asyncio.gather(*self._tasks)
            if self._trunk.registers:
                with suppress(self._library.BaresipError):
                    await self._agent.unregister(timeout=_SIGNING_OUT)
        finally:
            await self._runtime.close()

    # ------------------------------------------------------------------------------------------- what a carrier does

    async def place(
        self,
        number: str,
        speech: Speech,
        ring_for: float,
        record: bool = False,
        caller: str | None = None,
        still: Still | None = None,
    ) -> str:
        """Dial as soon as a channel is free. Refuses while there is no voice to say the words with.

        `ring_for` counts from the first ringing. Dials once: after that the call is on our list, whatever happens here.
        """
        try:
            first = await self._say(speech.first)
            again = await self._say(speech.again) if speech.until else b""
        except NoVoice as error:
            raise CarrierRefused(str(error)) from None
        await self._free.acquire()
        if self._closing.is_set():
            self._free.release()
            raise CarrierRefused("the provider is being closed")
        if still is not None:
            try:
                await still()
            except BaseException:
                self._free.release()
                raise
        placed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        words, caller = utterance(first, again, speech.until), caller or self._trunk.caller
        self._start(self._conduct(number, caller, words, ring_for, record, placed))
        return await asyncio.shield(placed)

    async def newest(self, count: int) -> Sequence[CallNow]:
        return [line.now for line in reversed(self._made.values())][:count]

    async def one(self, call: str) -> CallNow:
        """One call that this object placed or received; no other is known."""
        line = self._made.get(call) or self._received.get(call)
        if line is None:
            raise CarrierDown(f"call {call} is not known: it was not placed since this provider was opened")
        return line.now

    async def since(self, moment: dt.datetime) -> Sequence[CallNow]:
        """Those placed since this object was opened; after a restart there are none, which proves nothing."""
        return [line.now for line in reversed(self._made.values()) if line.now.created >= moment]

    async def sip_code(self, call: str) -> int | None:
        return self._made[call].code if call in self._made else None

    async def recordings(self, call: str) -> Sequence[Recording]:
        line = self._made.get(call)
        if line is None or line.tape is None or line.status not in FINAL:
            return []
        return [Recording(call, call, line.at(line.tape.began), line.tape.seconds)]

    async def audio(self, recording: Recording) -> bytes:
        line = self._made.get(recording.call)
        if line is None or line.tape is None:
            raise CarrierDown(f"there is no recording of call {recording.call} any more")
        return line.tape.wav()

    async def forget(self, recording: Recording) -> None:
        if recording.call in self._made:
            self._made[recording.call].tape = None

    async def inbound(self, since: dt.datetime) -> Sequence[CallNow]:
        return [line.now for line in reversed(self._received.values()) if line.created >= since]

    # --------------------------------------------------------------------------------------------- one call's course

    async def _conduct(
        self, number: str, caller: str, words: Utterance, ring_for: float, record: bool, placed: asyncio.Future[str]
    ) -> None:
        """From dialling to the end. Nobody else may stop it: whoever answers must be spoken to."""
        try:
            async with self._one_dials:
                line, call = await self._dial(number, caller)
            placed.set_result(line.id)
            if not await self._until_answered(line, ring_for):
                await self._hang_up(call)
                await line.leaves(UNANSWERED, _LONGEST_DIALLING)
            if line.status == "in-progress":
                if record:
                    line.tape = Tape(line.moments["in-progress"])
                await self._talk(line, call, words)
        except (CarrierDown, CarrierRefused) as error:
            placed.set_exception(error)
            placed.exception()  # whoever placed it may have gone; then nobody is to be warned
        finally:
            self._free.release()
            if not placed.done():
                placed.set_exception(CarrierDown(f"the call to {number} was broken off while it was dialled"))

    async def _dial(self, number: str, caller: str) -> tuple[Line, Any]:
        library = self._library
        line = self._dialling = Line(number, self._clock.now(), self._clock.stopwatch())
        shown = {"P-Preferred-Identity": f"<sip:{caller}@{self._trunk.host}>"}  # RFC 3325
        try:
            call = await self._agent.dial(f"sip:{number}@{self._trunk.host}", headers=shown)
        except (library.CommandTimeout, library.RuntimeDead) as error:
            raise CarrierDown(f"the call to {number} may have been dialled: {error}") from None
        except (library.BaresipError, ValueError) as error:
            raise CarrierRefused(f"the call could not be dialled: {error}") from None
        finally:
            self._dialling = None
        return line, call

    async def _until_answered(self, line: Line, ring_for: float) -> bool:
        """True when it was answered or is over; False when it is to be given up, and as what."""
        if not await self._leaves(line, ("queued",), _LONGEST_DIALLING):
            return False
        if await self._leaves(line, UNANSWERED, ring_for):
            return True
        if not self._closing.is_set():
            line.gives_up_as = "no-answer"
        return False

    async def _leaves(self, line: Line, statuses: Sequence[Status], seconds: float) -> bool:
        """As `Line.leaves`; but when we are closing, the call is given up at once."""
        waiting = asyncio.create_task(line.leaves(statuses, seconds))
        closing = asyncio.create_task(self._closing.wait())
        await asyncio.wait((waiting, closing), return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        if not waiting.done():
            line.gives_up_as = "canceled"
            waiting.cancel()
        await asyncio.wait((waiting, closing))
        return line.status not in statuses

    async def _talk(self, line: Line, call: Any, words: Utterance) -> None:  # noqa: ANN401 - no types
        """Say the words from the first moment that sound flows; hang up when they, or their time, are over."""
        library, said, last = self._library, 0, None
        answered = self._clock.stopwatch()
        while line.status not in FINAL:
            now = self._clock.stopwatch()
            if words.until and now - line.moments["in-progress"] >= words.until:
                break
            enough = words.first if self._closing.is_set() else len(words.sound)
            try:
                flowing = call.audio.info()
                if flowing.tx_ready and said < enough:
                    if line.tape is not None and said == 0:
                        line.tape.we_speak(words.sound, now)
                    said += call.audio.write(words.sound[said : min(said + _AT_ONCE, enough)])
                    last = now
                elif flowing.tx_ready and flowing.tx_buffered:
                    last = now
                if line.tape is not None and flowing.rx_ready:
                    line.tape.they_speak(call.audio.read(flowing.rx_capacity), now)
            except library.AudioRestarted:  # what was on its way is lost, so all of it is said again
                said = 0
            except library.AudioNotActive:
                pass
            if now - (last or answered) > (_AFTERWARDS if last else _LONGEST_SETTING_UP):
                break
            await line.leaves(("in-progress",), _SPEAK_EVERY if said and line.tape is None else _LISTEN_EVERY)
        if line.tape is not None:
            line.tape.ends(self._clock.stopwatch())
        await self._hang_up(call)
        await line.leaves(("in-progress",), _LONGEST_DIALLING)

    async def _hang_up(self, call: Any) -> None:  # noqa: ANN401 - no types
        # It may be over already, which is as good; and if the library is gone, so is the call.
        with suppress(self._library.BaresipError):
            await call.hangup()

    def _called_back(self, call: Any) -> None:  # noqa: ANN401 - no types
        caller, rung = number_in(call.peer or ""), number_in(call.headers.get("To", ""))
        ours = rung if rung in self._trunk.numbers else self._trunk.caller
        line = Line(ours, self._clock.now(), self._clock.stopwatch(), caller, call.call_id, "ringing")
        line.moments["ringing"] = line.began
        self._received[line.id] = self._by_handle[call.handle] = line
        self._start(self._explain(line, call))

    async def _explain(self, line: Line, call: Any) -> None:  # noqa: ANN401 - no types
        """Who calls us back is told who we are. Without a voice the call is declined: better engaged than silent."""
        with suppress(self._library.BaresipError):
            if not self._explained or self._closing.is_set():
                await call.reject()
            else:
                await call.answer()
            await line.leaves(("ringing",), _LONGEST_DIALLING)
            if line.status == "in-progress":
                await self._talk(line, call, utterance(self._explained))

    # ------------------------------------------------------------------------------------------- what the wire tells

    def _told(self, event: Any) -> None:  # noqa: ANN401 - no types
        """An event of the library, at the moment it is seen."""
        at, kind = self._clock.stopwatch(), event.event.name
        if kind == "CALL_OUTGOING" and self._dialling is not None:
            line, self._dialling = self._dialling, None
            line.id, line.moments["queued"] = event.call_id, at
            self._made[line.id] = self._by_handle[event.call] = line
        elif (known := self._by_handle.get(event.call)) is None:
            return
        elif kind in ("CALL_RINGING", "CALL_PROGRESS"):  # 180, or 183: then the ringing is to be heard
            known.enter("ringing", at)
        elif kind in ("CALL_ANSWERED", "CALL_ESTABLISHED"):
            known.enter("in-progress", at)
        elif kind == "CALL_CLOSED":
            known.code = code_in(event.text or "")
            known.enter(outcome(known, known.code), at)
            del self._by_handle[event.call]

    async def _say(self, words: str) -> bytes:
        if (kept := self._spoken.get(words)) is not None:
            return kept
        sound = self._spoken[words] = await self._voice(words)
        if len(self._spoken) > _WORDS_KEPT:
            del self._spoken[next(iter(self._spoken))]
        return sound

    def _start(self, course: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(course)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _settings(library: Any, trunk: Trunk) -> Any:  # noqa: ANN401 - no types
    more = ["sip_verify_server yes"]
    if trunk.authority is not None:
        more.append(f"sip_cafile {trunk.authority}")
    return library.Config(
        net_interface=trunk.interface,
        expose_headers=("To",),
        native_log_level="error",
        # Room for call-backs beside the calls we make, which wait for `channels`.
        max_concurrent_calls=2 * trunk.channels + 2,
        extra_config_text="\n".join(more),
    )


def _library() -> Any:  # noqa: ANN401 - no types
    try:
        return importlib.import_module("baresip")
    except ImportError:
        raise CarrierRefused("SIP needs an extra: pip install 'doorstep[sip]'") from None
