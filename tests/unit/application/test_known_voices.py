"""Transcripts name those whose voices are known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from app.adapters.outbound.persistence.memory_voices import MemoryVoiceRepository
from app.application import TranscribeAudio
from app.domain.errors import EngineFailed, StorageFailed
from app.domain.events import Done, Relabel, Warned, fold
from app.domain.options import TranscriptionOptions
from app.domain.ports import VoiceRepository
from app.domain.voices import KnownVoice, Voiceprint
from tests.unit.application.conversations import conversation
from tests.unit.application.stage import (
    OracleDiarizer,
    OracleTranscriber,
    ToneDecoder,
    run,
    said,
    transcribe_audio,
    transcript_of,
)

TALK = conversation(minutes=3, speakers=3)


def sounding_like(speaker: int, name: str, *, model: str = "names") -> KnownVoice:
    heard = Voiceprint(model=model, embedding=np.eye(3, dtype=np.float32)[speaker], seconds=9.0)
    return KnownVoice(
        id=f"id-{name}", name=name, prints=(heard,), created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


async def knowing(*voices: KnownVoice) -> MemoryVoiceRepository:
    repository = MemoryVoiceRepository()
    for voice in voices:
        await repository.add(voice)
    return repository


async def a_run(voices: VoiceRepository | None, *, diarizer: OracleDiarizer | None = None) -> TranscribeAudio:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    engine = diarizer or OracleDiarizer(TALK.turns)
    return await transcribe_audio(decoder, OracleTranscriber(TALK.words), engine, voices=voices)


def as_said(**names: str) -> Sequence[tuple[str, str]]:
    return [(names.get(label, label), word) for label, word in TALK.said]


async def test_a_speaker_whose_voice_is_known_has_the_name_everywhere() -> None:
    voices = await knowing(sounding_like(1, "Anna Berg"))
    transcript = transcript_of(await run(await a_run(voices)))
    assert said(transcript) == as_said(SPEAKER_01="Anna Berg")
    assert {segment.speaker_label for segment in transcript.segments} == {
        "SPEAKER_00",
        "Anna Berg",
        "SPEAKER_02",
    }
    assert transcript.speakers == ("SPEAKER_00", "Anna Berg", "SPEAKER_02")
    assert [turn.speaker_label for turn in transcript.turns][:3] == list(transcript.speakers)


async def test_the_names_come_as_one_event_at_the_end_and_the_log_tells_the_transcript() -> None:
    voices = await knowing(sounding_like(1, "Anna"), sounding_like(0, "Bert"))
    events = await run(await a_run(voices))
    assert events[-2] == Relabel(labels={"SPEAKER_00": "Bert", "SPEAKER_01": "Anna"})
    transcript = transcript_of(events)
    assert fold([*events[:-1], Done(transcript=replace(transcript, segments=()))]) == transcript


async def test_names_come_without_word_times_too() -> None:
    voices = await knowing(sounding_like(2, "Anna"))
    events = await run(await a_run(voices), TranscriptionOptions(word_timestamps=False))
    assert fold(events) == transcript_of(events)
    assert "Anna" in transcript_of(events).speakers


async def test_segment_ids_do_not_change_with_the_names() -> None:
    plain = transcript_of(await run(await a_run(None)))
    named = transcript_of(await run(await a_run(await knowing(sounding_like(1, "Anna")))))
    assert [segment.id for segment in named.segments] == [segment.id for segment in plain.segments]


@pytest.mark.parametrize(
    "voices",
    [
        (),
        (sounding_like(1, "Anna", model="another"),),
        (sounding_like(1, "Anna"), sounding_like(1, "Hanna")),
    ],
    ids=["none", "of another model", "two alike"],
)
async def test_who_is_not_known_for_sure_keeps_the_label(voices: tuple[KnownVoice, ...]) -> None:
    events = await run(await a_run(await knowing(*voices)))
    assert said(transcript_of(events)) == TALK.said
    assert not any(isinstance(event, Relabel) for event in events)


async def test_a_voice_that_was_forgotten_names_nobody() -> None:
    voices = await knowing(sounding_like(1, "Anna"))
    await voices.delete("id-Anna")
    assert said(transcript_of(await run(await a_run(voices)))) == TALK.said


async def test_where_diarization_failed_nobody_is_named_and_the_words_stay() -> None:
    broken = OracleDiarizer(TALK.turns, failures={i: EngineFailed("oracle", "blind") for i in range(4)})
    voices = await knowing(sounding_like(1, "Anna"))
    transcript = transcript_of(await run(await a_run(voices, diarizer=broken)))
    assert [word for _, word in said(transcript)] == [word for _, word in TALK.said]
    assert transcript.speakers == ()


async def test_voices_that_cannot_be_read_cost_the_names_and_nothing_else() -> None:
    class Unreadable(MemoryVoiceRepository):
        async def list(self) -> tuple[KnownVoice, ...]:
            raise StorageFailed("diarist.db: the database is locked")

    events = await run(await a_run(Unreadable()))
    transcript = transcript_of(events)
    assert said(transcript) == TALK.said
    (warning,) = transcript.warnings
    assert warning.code == "known_voices_unavailable"
    assert "locked" in warning.message
    assert Warned(warning=warning) in events
