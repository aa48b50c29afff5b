"""The telephone network's own signals, and where somebody speaks: by signal processing, never by a model. Pure.

A UK line tells what became of a call in cadences of 400 and 450 Hz (BT SIN 350, ITU-T E.180); special information
tones are three rising notes (E.180); a fax or a modem answers at 2100 Hz (T.30, V.25). All is measured in 10 ms steps.
What is said is heard in `hear`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["ringback", "engaged", "congestion", "unobtainable", "sit", "beep", "fax"]
Samples = npt.NDArray[Any]
_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_STEP = 0.01  # seconds between frames
_FRAME = 0.03  # seconds in a frame: one cannot hear a pitch in less
_QUIET = 0.0015  # root mean square of full scale; below it (-56 dBFS) lies the noise of any line
_LONE = 0.85  # share of a frame's energy within 70 Hz of its strongest pitch, for it to be one tone
_SHORTEST = 0.12  # seconds; no signal of a network or an answering machine is shorter
_CALL_TONE = (370.0, 480.0)  # Hz: where 400 alone, or 400 with 450, is strongest
_TOLERANCE = 0.06  # seconds on each pulse and pause
_SIT = (950.0, 1400.0, 1800.0)
_BREATH = 0.35  # seconds; a pause shorter than this does not end what is being said
_SHORTEST_SOUND = 0.08  # seconds; a click is shorter


@dataclass(frozen=True)
class Tone:
    """One signal, in seconds from the start of the samples. A cadence is one tone from first pulse to last."""

    kind: Kind
    start: float
    end: float


@dataclass(frozen=True)
class _Pulse:
    """A lone steady pitch."""

    start: float
    end: float
    hertz: float
    dual: bool  # 450 Hz sounds with 400: ringing; 400 alone is any other signal
    alone: bool  # quiet before and after, as a beep is and a note or a vowel is not

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class _Frames:
    loudness: _Floats
    lone: _Flags
    pitch: _Floats

    def time(self, index: int) -> float:
        """The middle of a frame, in seconds."""
        return index * _STEP + _FRAME / 2


def tones(samples: Samples, rate: int) -> tuple[Tone, ...]:
    """The signals heard, in order of time. `samples`: one channel, integers or floats of full scale 1; `rate`: Hz.

    A lone pitch that fits no cadence is a "beep" when quiet surrounds it and it lasts 0.14 to 2 seconds.
    """
    sound = _full_scale(samples)
    frames = _analyse(sound, rate)
    pulses = _pulses(sound, rate, frames)
    found: list[Tone] = []
    found += _special_information(pulses)
    found += _answering_machines(pulses)
    call_tones = [pulse for pulse in pulses if _CALL_TONE[0] <= pulse.hertz <= _CALL_TONE[1]]
    found += [Tone("unobtainable", p.start, p.end) for p in call_tones if not p.dual and p.seconds > 2.5]
    found += _cadences("ringback", [p for p in call_tones if p.dual], ((0.4, 0.2), (0.4, 2.0)), least=2)
    single = [pulse for pulse in call_tones if not pulse.dual]
    found += _cadences("engaged", single, ((0.375, 0.375),), least=3)
    found += _cadences("congestion", single, ((0.4, 0.35), (0.225, 0.525)), least=3)
    for pulse in pulses:
        explained = any(tone.start - 0.1 <= pulse.start and pulse.end <= tone.end + 0.1 for tone in found)
        if pulse.alone and 0.14 <= pulse.seconds <= 2.0 and not explained and not pulse.dual:
            found.append(Tone("beep", pulse.start, pulse.end))
    return tuple(sorted(found, key=lambda tone: tone.start))


def speech(samples: Samples, rate: int) -> tuple[tuple[float, float], ...]:
    """Where there is sound that is no signal and no steady noise: (onset, end) of each utterance, in seconds."""
    frames = _analyse(_full_scale(samples), rate)
    if not len(frames.loudness):
        return ()
    times = np.arange(len(frames.loudness)) * _STEP + _FRAME / 2
    other = np.ones(len(times), dtype=bool)
    for tone in tones(samples, rate):
        other &= (times < tone.start - 0.04) | (times > tone.end + 0.04)
    if not other.any():
        return ()
    noise = float(np.percentile(frames.loudness[other], 10))
    loud = other & (frames.loudness > max(3 * noise, _QUIET))
    runs = [(start, end) for start, end in _runs(loud, bridge=0.05) if (end - start) * _STEP >= _SHORTEST_SOUND]
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and (start - joined[-1][1]) * _STEP <= _BREATH and other[joined[-1][1] : start].all():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple((float(times[start]), float(times[end - 1])) for start, end in joined)


# ------------------------------------------------------------------------------------------------ frames and pulses


def _full_scale(samples: Samples) -> _Floats:
    if samples.ndim != 1:
        raise ValueError(f"one channel is listened to at a time, not an array of shape {samples.shape}")
    if np.issubdtype(samples.dtype, np.integer):
        return samples.astype(np.float64) / -float(np.iinfo(samples.dtype).min)
    return samples.astype(np.float64)


def _analyse(sound: _Floats, rate: int) -> _Frames:
    length, hop = round(rate * _FRAME), round(rate * _STEP)
    if len(sound) < length:
        nothing = np.zeros(0)
        return _Frames(nothing, np.zeros(0, dtype=bool), nothing)
    frames = np.lib.stride_tricks.sliding_window_view(sound, length)[::hop]
    width = 1 << (round(rate / 8) - 1).bit_length()  # about 8 Hz a bin
    hertz = np.fft.rfftfreq(width, 1 / rate)
    low, high = int(np.searchsorted(hertz, 75)), int(np.searchsorted(hertz, 3700))
    near = max(1, round(70 / hertz[1]))
    window = np.hanning(length)
    lone, pitch = np.zeros(len(frames), dtype=bool), np.zeros(len(frames))
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    for at in range(0, len(frames), 2000):  # twenty seconds at a time, so that a long recording needs little memory
        power = np.abs(np.fft.rfft(frames[at : at + 2000] * window, width, axis=1)) ** 2
        peak = power[:, low:high].argmax(axis=1) + low
        upto = np.concatenate((np.zeros((len(power), 1)), power.cumsum(axis=1)), axis=1)
        rows = np.arange(len(power))
        strongest = upto[rows, np.minimum(peak + near + 1, power.shape[1])] - upto[rows, np.maximum(peak - near, 0)]
        whole = upto[:, high] - upto[:, low] + 1e-12
        lone[at : at + 2000] = (strongest / whole > _LONE) & (loudness[at : at + 2000] > _QUIET)
        pitch[at : at + 2000] = hertz[peak]
    return _Frames(loudness, lone, pitch)


def _runs(flags: _Flags, bridge: float) -> list[tuple[int, int]]:
    """Runs of true frames as [start, end), joined over gaps of at most `bridge` seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    out: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if out and (start - out[-1][1]) * _STEP <= bridge + 1e-9:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _pulses(sound: _Floats, rate: int, frames: _Frames) -> list[_Pulse]:
    found: list[_Pulse] = []
    for start, end in _runs(frames.lone, bridge=0.02):
        at = start
        while at < end:
            upto = at + 1
            while upto < end and abs(_median(frames.pitch[at:upto][-20:]) - frames.pitch[upto]) < 60:
                upto += 1
            if (upto - at) * _STEP >= _SHORTEST - 0.03 and (pulse := _pulse(sound, rate, frames, at, upto)):
                found.append(pulse)
            at = upto
    return found


def _median(values: _Floats) -> float:
    return float(np.median(values))


def _pulse(sound: _Floats, rate: int, frames: _Frames, start: int, end: int) -> _Pulse | None:
    """The pulse in a run of frames, with edges where it is at 0.7 of its loudness; None for a voice's gliding pitch."""
    level = _median(frames.loudness[start:end])
    inner = [index for index in range(start, end) if frames.loudness[index] >= 0.7 * level]
    first, last = inner[0], inner[-1]
    if (last - first + 1) * _STEP < _SHORTEST - 0.02:
        return None
    pitches, louds = frames.pitch[first + 1 : last], frames.loudness[first + 1 : last]
    hertz = _median(pitches)
    call_tone = _CALL_TONE[0] <= hertz <= _CALL_TONE[1]
    if not call_tone and (np.std(pitches) > 9 or np.std(louds) > 0.25 * level):
        return None
    began, ended = frames.time(first) - _STEP / 2, frames.time(last) + _STEP / 2
    piece = sound[round(began * rate) : round(ended * rate)]
    before = frames.loudness[max(0, first - 9) : max(0, first - 3)]
    after = frames.loudness[last + 4 : last + 10]
    alone = bool(np.all(before < 0.5 * level) and np.all(after < 0.5 * level) and _steady(piece, rate, hertz))
    return _Pulse(began, ended, hertz, call_tone and _dual(piece, rate), alone)


def _spectrum(piece: _Floats, rate: int) -> tuple[_Floats, _Floats]:
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4 * len(piece))) ** 2
    return np.asarray(power, np.float64), np.asarray(np.fft.rfftfreq(4 * len(piece), 1 / rate), np.float64)


def _dual(piece: _Floats, rate: int) -> bool:
    power, hertz = _spectrum(piece, rate)
    at_400 = power[np.abs(hertz - 400) < 8].sum()
    at_450 = power[np.abs(hertz - 450) < 8].sum()
    return bool(at_450 > 0.1 * at_400 and at_400 > 0.1 * at_450)


def _steady(piece: _Floats, rate: int, hertz: float) -> bool:
    """One unchanging pitch over the whole pulse, which no voice holds: four fifths within its own spectral line."""
    power, at = _spectrum(piece, rate)
    peak = at[(np.abs(at - hertz) < 60) * power == (power * (np.abs(at - hertz) < 60)).max()][0]
    line = 2.5 * rate / len(piece)
    heard = (at > 75) & (at < 3700)
    return bool(power[np.abs(at - peak) < line].sum() > 0.8 * power[heard].sum())


# ------------------------------------------------------------------------------------------------ what they mean


def _near(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= max(_TOLERANCE, 0.08 * wanted)


def _cadences(kind: Kind, pulses: Sequence[_Pulse], pattern: Sequence[tuple[float, float]], least: int) -> list[Tone]:
    """Runs of at least `least` pulses that follow the pattern of (pulse, pause) seconds, begun anywhere in it."""
    found: list[Tone] = []
    at = 0
    while at < len(pulses):
        chain = max((_chain(pulses[at:], pattern, phase) for phase in range(len(pattern))), default=1)
        if chain >= least:
            found.append(Tone(kind, pulses[at].start, pulses[at + chain - 1].end))
        at += max(1, chain)
    return found


def _chain(pulses: Sequence[_Pulse], pattern: Sequence[tuple[float, float]], phase: int) -> int:
    """How many pulses from the first follow the pattern begun at `phase`; the first and last may be cut short."""
    count = 1
    for now, following in itertools.pairwise(pulses):
        on, off = pattern[(phase + count - 1) % len(pattern)]
        whole = _near(now.seconds, on) or (count == 1 and now.seconds < on)
        next_on = pattern[(phase + count) % len(pattern)][0]
        fits = following.seconds < next_on + _TOLERANCE
        if not (whole and fits and _near(following.start - now.end, off)):
            break
        count += 1
    return count


def _special_information(pulses: Sequence[_Pulse]) -> list[Tone]:
    found = []
    for first, second, third in zip(pulses, pulses[1:], pulses[2:], strict=False):
        notes = (first, second, third)
        pitched = all(abs(note.hertz - wanted) < 60 for note, wanted in zip(notes, _SIT, strict=True))
        timed = all(0.2 <= note.seconds <= 0.45 for note in notes)
        if pitched and timed and second.start - first.end < 0.1 and third.start - second.end < 0.1:
            found.append(Tone("sit", first.start, third.end))
    return found


def _answering_machines(pulses: Sequence[_Pulse]) -> list[Tone]:
    """Fax and modem: 2100 Hz for longer than any beep, or 1100 Hz for half a second every 3.5 seconds."""
    found = [Tone("fax", p.start, p.end) for p in _rejoined(pulses, 2100.0) if p.seconds >= 1.5]
    calling = [p for p in pulses if abs(p.hertz - 1100) < 40 and _near(p.seconds, 0.5)]
    found += _cadences("fax", calling, ((0.5, 3.0),), least=2)
    return found


def _rejoined(pulses: Sequence[_Pulse], hertz: float) -> list[_Pulse]:
    """Pulses of one pitch that are only broken where the phase is turned round, which a modem does every 450 ms."""
    out: list[_Pulse] = []
    for pulse in pulses:
        if abs(pulse.hertz - hertz) >= 30:
            continue
        if out and pulse.start - out[-1].end < 0.08:
            out[-1] = _Pulse(out[-1].start, pulse.end, hertz, dual=False, alone=False)
        else:
            out.append(pulse)
    return out
