"""Whether a soak can tell what grows from what comes and goes: the line of `python -m benchmarks.soak`."""

import random

import pytest

from benchmarks.soak import DAY, line

HOUR = [2.0 * n for n in range(1800)]  # seconds


def test_what_grows_surely_is_told_with_its_slope() -> None:
    chance = random.Random(1)

    grown = line([(at, 150 + 24 * at / 3600 + chance.gauss(0, 5)) for at in HOUR])

    assert grown.slope == pytest.approx(24, abs=grown.within)
    assert 20 < grown.surely < 24


def test_what_each_wave_takes_and_gives_back_is_no_growth() -> None:
    wave = line([(at, 20 + 15 * (at % DAY < 10)) for at in HOUR])

    assert wave.mean == pytest.approx(22.5)
    assert wave.slope == wave.surely == 0


def test_what_is_given_back_in_the_end_shrinks() -> None:
    assert line([(at, 100 - at / 360) for at in HOUR]).surely == pytest.approx(-10)


def test_too_few_days_make_no_line() -> None:
    with pytest.raises(ValueError, match="4 whole practice days; at least 5 are needed"):
        line([(2.0 * n, 1.0) for n in range(150)])
