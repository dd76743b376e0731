import asyncio

import pytest

from app.domain.errors import EngineFailed, EngineUnavailable, InvalidAudio, InvalidOptions, NotFound
from app.domain.events import Warned
from app.domain.options import TranscriptionOptions
from tests.unit.application.conversations import conversation
from tests.unit.application.stage import (
    OracleDiarizer,
    OracleTranscriber,
    ToneDecoder,
    run,
    said,
    transcribe_audio,
    transcript_of,
    until,
)

TALK = conversation(minutes=4, speakers=3)


async def test_a_missing_diarizer_costs_a_warning_and_no_word() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), None)
    events = await run(use_case)
    transcript = transcript_of(events)
    assert [word for _, word in said(transcript)] == [word.word for word in TALK.words]
    assert [warning.code for warning in transcript.warnings] == ["diarization_unavailable"]
    assert Warned(warning=transcript.warnings[0]) in events


async def test_a_failed_chunk_is_told_and_loses_no_word() -> None:
    diarizer = OracleDiarizer(TALK.turns, failures={1: EngineFailed("oracle", "lost its voice")})
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    transcript = transcript_of(await run(use_case))
    assert [word for _, word in said(transcript)] == [word.word for word in TALK.words]
    (warning,) = transcript.warnings
    assert warning.code == "diarization_failed"
    assert "from 60 to 120 s" in warning.message
    for word, told, true in zip(TALK.words, said(transcript), TALK.said, strict=True):
        if 60 < word.range.midpoint < 120:
            assert told[0] is None, "nobody is named where nobody was told apart"
        else:
            assert told == true


async def test_a_diarizer_without_its_model_warns_once() -> None:
    missing = EngineUnavailable("oracle", "no model", "Get one")
    diarizer = OracleDiarizer(TALK.turns, failures=dict.fromkeys(range(9), missing))
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    (warning,) = transcript_of(await run(use_case)).warnings
    assert (warning.code, "Get one" in warning.message) == ("diarization_unavailable", True)
    assert len(diarizer.asked) <= 2, "what is missing is not looked for again with every chunk"


async def test_a_failed_recognition_fails_the_run_and_stops_its_work() -> None:
    transcriber = OracleTranscriber(TALK.words, failure=EngineFailed("oracle", "lost its tongue"))
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, transcriber, OracleDiarizer(TALK.turns))
    with pytest.raises(EngineFailed, match="lost its tongue"):
        await run(use_case)
    assert decoder.closed
    assert transcriber.running == 0


async def test_a_truncated_recording_gives_its_words_and_a_warning() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech, truncated=True)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    transcript = transcript_of(await run(use_case))
    assert said(transcript) == TALK.said
    assert [warning.code for warning in transcript.warnings] == ["audio_truncated"]


async def test_leaving_stops_the_work() -> None:
    transcriber = OracleTranscriber(TALK.words, gate=asyncio.Event())
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, transcriber, None)
    events = use_case.execute("clip", TranscriptionOptions(diarize=False))
    reading = asyncio.create_task(anext(events))
    await until(lambda: transcriber.running == 1)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert transcriber.running == 0
    assert decoder.closed


async def test_an_unknown_clip_and_an_impossible_option_are_refused_before_any_work() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), None)
    with pytest.raises(NotFound):
        await anext(use_case.execute("nobody", TranscriptionOptions()))
    with pytest.raises(InvalidOptions):
        await anext(use_case.execute("clip", TranscriptionOptions(task="translate")))
    assert decoder.blocks_given == 0


async def test_a_diarizer_that_breaks_in_its_own_way_loses_no_word(caplog: pytest.LogCaptureFixture) -> None:
    diarizer = OracleDiarizer(TALK.turns, failures={0: ZeroDivisionError("oops")})  # type: ignore[dict-item]
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    transcript = transcript_of(await run(use_case))
    assert [word for _, word in said(transcript)] == [word.word for word in TALK.words]
    assert [warning.code for warning in transcript.warnings] == ["diarization_failed"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_recording_without_one_block_of_sound_is_refused() -> None:
    use_case = await transcribe_audio(ToneDecoder(0.0, []), OracleTranscriber([]), OracleDiarizer([]))
    with pytest.raises(InvalidAudio, match="no sound"):
        await run(use_case)
