import numpy as np

from app.domain.audio import AudioChunk, Waveform
from app.domain.engine import EngineInfo
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.windows import SpeechWindow

HEARD = (TimeRange(start=1, end=2),)
ENGINE = EngineInfo(name="engine", model="model", revision="1")
WINDOW = SpeechWindow(
    clip_id="clip", index=3, samples=np.zeros(16_000, np.float32), pieces=HEARD, speech=HEARD
)


def test_what_an_engine_is_not_asked_for_does_not_tell_windows_apart() -> None:
    plain = WindowKey.of(WINDOW, TranscriptionOptions(language="en"), ENGINE)
    for other in (
        TranscriptionOptions(language="en", speakers=SpeakerHints(num_speakers=2)),
        TranscriptionOptions(language="en", diarize=False),
        TranscriptionOptions(language="en", word_timestamps=False),
    ):
        assert WindowKey.of(WINDOW, other, ENGINE) == plain
    assert WindowKey.of(WINDOW, TranscriptionOptions(language="de"), ENGINE) != plain


def test_what_an_engine_says_of_its_abilities_is_not_who_it_is() -> None:
    able = EngineInfo(name="engine", model="model", revision="1", options=frozenset({"prompt"}))
    options = TranscriptionOptions()
    assert WindowKey.of(WINDOW, options, able) == WindowKey.of(WINDOW, options, ENGINE)
    later = EngineInfo(name="engine", model="model", revision="2")
    assert WindowKey.of(WINDOW, options, later) != WindowKey.of(WINDOW, options, ENGINE)


def test_a_chunk_is_known_by_what_was_heard_of_it() -> None:
    core = TimeRange(start=0, end=60)

    def key(seconds: float, max_speakers: int | None = None) -> ChunkKey:
        sound = Waveform(samples=np.zeros(round(16_000 * seconds), np.float32), start_s=0.0)
        chunk = AudioChunk(clip_id="clip", index=0, core=core, waveform=sound, speech=HEARD)
        return ChunkKey.of(chunk, max_speakers, ENGINE)

    assert key(65) == key(65)
    assert key(65).heard_until_s == 65
    assert key(65) != key(64)
    assert key(65) != key(65, 2)
