"""That no word is lost or said twice where speech without a pause is cut into windows."""

import random

import numpy as np
import pytest

from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.adapters.outbound.voice_activity.framing import FRAME_S, FrameCutter
from app.domain.audio import Waveform
from app.domain.engine import EngineInfo
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort, VoiceActivityPort, VoiceListener
from app.domain.timeline import TimeRange
from app.domain.transcript import TranscriptionText, Word
from app.domain.voice import VoiceActivity
from app.domain.windows import SpeechWindow
from tests.unit.application.stage import ToneDecoder, run, said, transcribe_audio, transcript_of

pytestmark = pytest.mark.slow

DURATION_S = 600.0
HEARD = 0.6
"""So much of a word must be inside a window to be understood."""
GUESSED = 0.25
"""From so much of it on, something is heard."""


def breathless(seed: int, *, shortest_dip_s: float, longest_dip_s: float) -> list[TimeRange]:
    """Ten minutes of words with nothing between them that voice activity takes for a pause."""
    chance, words, now_s = random.Random(seed), [], 0.0
    while now_s + 0.5 < DURATION_S:
        words.append(TimeRange(start=now_s, end=now_s + chance.uniform(0.25, 0.5)))
        now_s = words[-1].end + chance.uniform(shortest_dip_s, longest_dip_s)
    return words


class Ear(TranscriptionPort):
    """Knows every word, but hears only what is inside the window."""

    def __init__(self, words: list[TimeRange]) -> None:
        self.words = words
        self.windows: list[SpeechWindow] = []

    def describe(self) -> EngineInfo:
        return EngineInfo(name="ear", model="inner", languages=frozenset({"en"}))

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.windows.append(window)
        heard = []
        for number, word in enumerate(self.words):
            part = max((inside for piece in window.pieces if (inside := word.clamp(piece))), default=None)
            if part is not None and part.duration >= GUESSED * word.duration:
                text = str(number) if part.duration >= HEARD * word.duration else f"half of {number}"
                heard.append(Word(word=text, start=part.start, end=part.end))
        return TranscriptionText(words=tuple(heard), language="en")


class Sluggish(VoiceActivityPort):
    """Follows the sound as Silero does: `lag` frames late, and hardly falling for what is short."""

    def __init__(self, lag: int) -> None:
        self.lag = lag

    def describe(self) -> EngineInfo:
        return EngineInfo(name="sluggish", model="script")

    def listen(self) -> VoiceListener:
        return _SluggishListener(self.lag)


class _SluggishListener(VoiceListener):
    def __init__(self, lag: int) -> None:
        self._cutter = FrameCutter()
        self._late = [1.0] * lag
        self._level = 1.0

    async def hear(self, block: Waveform) -> VoiceActivity:
        start_s, frames = self._cutter.cut(block)
        self._late += (frames != 0).mean(axis=1).tolist()
        levels = []
        for voiced in self._late[: len(frames)]:
            self._level += 0.5 * (voiced - self._level)
            levels.append(0.7 + 0.29 * self._level)
        self._late = self._late[len(frames) :]
        return VoiceActivity(start_s=start_s, frame_s=FRAME_S, probabilities=np.array(levels, np.float32))


VOICES = {"energy": EnergyVoiceActivity(), **{f"{lag} late": Sluggish(lag) for lag in range(3)}}


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    ("seed", "shortest_dip_s", "longest_dip_s"),
    [(1, 0.04, 0.08), (2, 0.04, 0.08), (3, 0.04, 0.04), (4, 0.08, 0.095)],
)
async def test_no_word_is_lost_or_doubled_where_unbroken_speech_is_cut(
    voice: str, seed: int, shortest_dip_s: float, longest_dip_s: float
) -> None:
    words = breathless(seed, shortest_dip_s=shortest_dip_s, longest_dip_s=longest_dip_s)
    ear, decoder = Ear(words), ToneDecoder(DURATION_S, words)
    use_case = await transcribe_audio(decoder, ear, None, voice_activity=VOICES[voice])
    transcript = transcript_of(await run(use_case, TranscriptionOptions(diarize=False)))
    assert [word for _, word in said(transcript)] == [str(number) for number in range(len(words))]
    assert len(ear.windows) >= DURATION_S / 30
    cuts_s = [window.range.end for window in ear.windows[:-1]]
    inside_s = [min(c - w.start, w.end - c) for w in words for c in cuts_s if w.contains(c)]
    assert max(inside_s, default=0.0) < 0.016, "half a frame, where two frames share a dip"
    assert max(len(window.speech) for window in ear.windows) <= 2, "speech has pauses after all"
