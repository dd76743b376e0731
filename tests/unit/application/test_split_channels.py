"""Recordings with one speaker per channel."""

from app.domain.events import Progress, Relabel, Segment
from app.domain.options import TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.transcript import Word
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

SPLIT = TranscriptionOptions(channels="split")
LEFT, RIGHT = conversation(minutes=2, speakers=1), conversation(minutes=2, speakers=1, turn_s=8)


async def test_split_channels_are_speakers_and_keep_true_overlap() -> None:
    decoder = ToneDecoder(120.0, LEFT.speech, RIGHT.speech)
    diarizer = OracleDiarizer(LEFT.turns)
    use_case = await transcribe_audio(decoder, OracleTranscriber(LEFT.words, RIGHT.words), diarizer)
    events = await run(use_case, SPLIT)
    transcript = transcript_of(events)
    assert diarizer.asked == []
    assert transcript.warnings == ()
    for number, talk in enumerate((LEFT, RIGHT)):
        label = f"SPEAKER_{number:02d}"
        assert [word for who, word in said(transcript) if who == label] == [w.word for w in talk.words]
        others = (LEFT, RIGHT)[1 - number].words
        for word in (w for segment in transcript.segments for w in segment.words if w.speaker_label == label):
            assert word.overlap == any(word.range.overlap(other.range) > 0 for other in others)
            assert word.speaker_confidence == 1.0
    told = [event.segment for event in events if isinstance(event, Segment)]
    assert [segment.start for segment in told] == sorted(segment.start for segment in told)
    assert len({segment.id for segment in told}) == len(told)


async def test_the_language_is_detected_on_whichever_channel_speaks_first() -> None:
    transcriber = OracleTranscriber([], RIGHT.words, language="de")
    use_case = await transcribe_audio(ToneDecoder(120.0, [], RIGHT.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, SPLIT))
    assert [options.language for _, options in transcriber.asked][:2] == [None, "de"]
    assert transcript.language == "de"


async def test_a_silent_channel_holds_back_nobody() -> None:
    transcriber = OracleTranscriber(LEFT.words, [], language="en")
    use_case = await transcribe_audio(ToneDecoder(120.0, LEFT.speech, []), transcriber, None)
    events = await run(use_case, SPLIT)
    kinds = [type(event) for event in events]
    assert kinds.index(Segment) < len(kinds) - 1 - kinds[::-1].index(Progress)


async def test_the_same_words_on_both_channels_correct_nothing() -> None:
    transcriber = OracleTranscriber(LEFT.words, LEFT.words, language="en")
    use_case = await transcribe_audio(ToneDecoder(120.0, LEFT.speech, LEFT.speech), transcriber, None)
    events = await run(use_case, SPLIT)
    assert not [event for event in events if isinstance(event, Relabel)]
    told = [event.segment.id for event in events if isinstance(event, Segment)]
    assert len(told) == len(set(told)) == len(transcript_of(events).segments)


async def test_two_channels_of_one_sound_are_mixed_and_told_apart_by_voice() -> None:
    talk = conversation(minutes=2)
    decoder = ToneDecoder(120.0, talk.speech, talk.speech, one_tone=True)
    diarizer = OracleDiarizer(talk.turns)
    use_case = await transcribe_audio(decoder, OracleTranscriber(talk.words, talk.words), diarizer)
    transcript = transcript_of(await run(use_case, SPLIT))
    assert [warning.code for warning in transcript.warnings] == ["dual_mono"]
    assert said(transcript) == talk.said
    assert transcript.duration == 120.0
    assert "diarization" in transcript.engine
    assert decoder.blocks_given == 120 / decoder.block_s


async def test_without_a_diarizer_one_sound_has_no_speakers_and_two_channels_do() -> None:
    talk = conversation(minutes=1)
    alone = ToneDecoder(60.0, talk.speech, talk.speech, one_tone=True)
    transcript = transcript_of(
        await run(await transcribe_audio(alone, OracleTranscriber(talk.words), None), SPLIT)
    )
    assert [warning.code for warning in transcript.warnings] == ["dual_mono", "diarization_unavailable"]
    assert transcript.speakers == ()
    apart = ToneDecoder(60.0, talk.speech, talk.speech)
    both = OracleTranscriber(talk.words, talk.words)
    transcript = transcript_of(await run(await transcribe_audio(apart, both, None), SPLIT))
    assert transcript.warnings == ()
    assert transcript.speakers == ("SPEAKER_00", "SPEAKER_01")


async def test_channels_that_part_later_stay_mixed_and_lose_no_word() -> None:
    both = conversation(minutes=2)
    decoder = ToneDecoder(120.0, both.speech, [s for s in both.speech if s.end < 50], one_tone=True)
    diarizer = OracleDiarizer(both.turns)
    use_case = await transcribe_audio(decoder, OracleTranscriber(both.words), diarizer)
    transcript = transcript_of(await run(use_case, SPLIT))
    assert [warning.code for warning in transcript.warnings] == ["dual_mono", "dual_mono_ended"]
    assert "from about 46 s" in transcript.warnings[1].message
    assert said(transcript) == both.said


async def test_a_recording_of_one_sound_that_ends_early_says_both() -> None:
    talk = conversation(minutes=0.5)
    decoder = ToneDecoder(30.0, talk.speech, talk.speech, one_tone=True, truncated=True)
    use_case = await transcribe_audio(decoder, OracleTranscriber(talk.words), OracleDiarizer(talk.turns))
    transcript = transcript_of(await run(use_case, SPLIT))
    assert [warning.code for warning in transcript.warnings] == ["dual_mono", "audio_truncated"]
    assert said(transcript) == talk.said


async def test_a_channel_that_is_silent_all_along_is_nobody() -> None:
    transcriber = OracleTranscriber([], RIGHT.words, language="en")
    use_case = await transcribe_audio(ToneDecoder(120.0, [], RIGHT.speech), transcriber, None)
    transcript = transcript_of(await run(use_case, SPLIT))
    assert transcript.speakers == ("SPEAKER_01",)
    assert [word for _, word in said(transcript)] == [word.word for word in RIGHT.words]


async def test_a_recording_that_begins_with_hours_of_silence_is_split_all_the_same() -> None:
    late = [TimeRange(start=7_300.0, end=7_310.0)]
    decoder = ToneDecoder(7_320.0, [], late, block_s=10.0)
    words = [Word(word="hello", start=7_301.0, end=7_301.5)]
    transcript = transcript_of(
        await run(await transcribe_audio(decoder, OracleTranscriber([], words), None), SPLIT)
    )
    assert said(transcript) == [("SPEAKER_01", "hello")]


async def test_more_than_two_channels_are_left_apart() -> None:
    decoder = ToneDecoder(120.0, LEFT.speech, LEFT.speech, LEFT.speech, one_tone=True)
    transcriber = OracleTranscriber(LEFT.words, LEFT.words, LEFT.words, language="en")
    transcript = transcript_of(await run(await transcribe_audio(decoder, transcriber, None), SPLIT))
    assert transcript.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
