"""Whether two channels carry one sound."""

from collections.abc import Callable

import numpy as np
import pytest

from app.domain.audio import SAMPLE_RATE_HZ, Samples, Waveform
from app.domain.dual_mono import ChannelWatch, as_silence

Change = Callable[[Samples], Samples]


def speech_like(seconds: float, *, seed: int = 0) -> Samples:
    """Noise in syllables, most of it under 1 kHz, as speech is."""
    dice = np.random.default_rng(seed)
    count = round(seconds * SAMPLE_RATE_HZ)
    spectrum = np.fft.rfft(dice.standard_normal(count))
    spectrum /= 1 + (np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ) / 500) ** 2
    sound = np.fft.irfft(spectrum, count)
    syllables = np.repeat(dice.uniform(0.1, 1.0, count // 3_200 + 1), 3_200)[:count]
    return (0.1 * syllables * sound / np.abs(sound).std()).astype(np.float32)


def with_noise(sound: Samples, decibels: float, *, seed: int) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(len(sound)) * np.std(sound) * 10 ** (decibels / 20)
    return (sound + noise).astype(np.float32)


def late_by(sound: Samples, samples: float) -> Samples:
    turned = np.fft.rfft(sound) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(sound)) * samples)
    return np.fft.irfft(turned, len(sound)).astype(np.float32)


def listened(left: Samples, right: Samples, *, block_s: float = 5.0) -> ChannelWatch:
    watch = ChannelWatch()
    size = round(block_s * SAMPLE_RATE_HZ)
    for first in range(0, len(left), size):
        if watch.one_sound is not False:
            start_s = first / SAMPLE_RATE_HZ
            watch.hear(*(Waveform(samples=c[first : first + size], start_s=start_s) for c in (left, right)))
    return watch


COPIES: dict[str, Change] = {
    "the same": lambda sound: sound,
    "quieter": lambda sound: sound * np.float32(0.4),
    "upside down": lambda sound: -sound,
    "a sample late": lambda sound: late_by(sound, 1),
    "two samples early": lambda sound: late_by(sound, -2),
    "a third of a sample late": lambda sound: late_by(sound, 0.36),
    "with noise of its own": lambda sound: with_noise(sound, -35, seed=9),
}
OTHERS: dict[str, Change] = {
    "somebody else": lambda sound: speech_like(len(sound) / SAMPLE_RATE_HZ, seed=5),
    "silence": np.zeros_like,
    "cross-talk": lambda sound: sound * np.float32(0.15),
    "a microphone apart": lambda sound: late_by(sound, 12),
    "two people at once": lambda sound: sound + speech_like(len(sound) / SAMPLE_RATE_HZ, seed=5),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("seconds", [0.5, 4.0, 40.0])
def test_copies_of_a_channel_are_one_sound(change: Change, seconds: float) -> None:
    sound = speech_like(seconds)
    assert listened(sound, change(sound)).settle()


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("seconds", [0.5, 4.0, 40.0])
def test_channels_of_their_own_are_not(change: Change, seconds: float) -> None:
    sound = speech_like(seconds)
    assert not listened(sound, change(sound)).settle()
    assert not listened(change(sound), sound).settle()


def test_a_second_that_differs_is_enough_to_know() -> None:
    assert listened(speech_like(1.0), speech_like(1.0, seed=1)).one_sound is False


def test_a_common_announcement_does_not_make_one_sound_of_a_call() -> None:
    announcement = speech_like(12.0, seed=7)
    left, right = (np.concatenate([announcement, speech_like(9.0, seed=seed)]) for seed in (0, 1))
    assert listened(left, right).one_sound is False


def test_hiss_before_the_first_word_decides_nothing() -> None:
    word = np.concatenate([np.zeros(5 * SAMPLE_RATE_HZ, np.float32), speech_like(4.0)])
    left, right = (with_noise(word, -30, seed=seed) for seed in (1, 2))
    assert listened(left[: 5 * SAMPLE_RATE_HZ], right[: 5 * SAMPLE_RATE_HZ]).one_sound is None
    assert listened(left, right).settle()


def test_silence_alone_is_no_sound_to_share() -> None:
    nothing = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    assert not listened(nothing, nothing).settle()


@pytest.mark.parametrize("block_s", [0.01, 0.7, 10.0])
def test_how_the_sound_is_cut_into_blocks_does_not_matter(block_s: float) -> None:
    sound = speech_like(25.0)
    assert listened(sound, sound, block_s=block_s).one_sound
    assert listened(sound, speech_like(25.0, seed=1), block_s=block_s).one_sound is False


def test_channels_that_part_later_are_noticed() -> None:
    left = speech_like(60.0)
    right = np.concatenate([left[: 40 * SAMPLE_RATE_HZ], speech_like(20.0, seed=1)])
    assert listened(left, left).unlike_since_s is None
    assert listened(left, right).unlike_since_s == pytest.approx(40, abs=1)


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_the_mix_is_as_loud_as_the_channels_and_has_no_seams(change: Change) -> None:
    left = speech_like(25.0)
    right = change(left)
    watch = listened(left, right)
    size = 16_000
    parts = [
        watch.mix(*(Waveform(samples=c[first : first + size], start_s=first / size) for c in (left, right)))
        for first in range(0, len(left), size)
    ]
    mixed = np.concatenate([part.samples for part in parts])
    assert mixed.dtype == np.float32
    assert len(mixed) == len(left)
    lag = int(np.argmax([np.dot(mixed[4:-4], np.roll(left, lag)[4:-4]) for lag in range(3)]))
    left_there = np.roll(left, lag)
    expected = left_there * (np.dot(mixed, left_there) / np.dot(left_there, left_there))
    assert np.std(mixed) > 0.6 * np.std(left)
    assert np.std((mixed - expected)[4:-4]) < 0.1 * np.std(mixed)


def test_silence_held_back_takes_no_memory() -> None:
    quiet = Waveform(samples=np.full(16_000, 1e-5, np.float32), start_s=3.0)
    silence = as_silence((quiet, quiet))
    assert silence is not None
    assert [(len(channel.samples), channel.start_s) for channel in silence] == [(16_000, 3.0)] * 2
    assert silence[0].samples.strides == (0,)
    assert as_silence((quiet, Waveform(samples=speech_like(1.0), start_s=3.0))) is None
