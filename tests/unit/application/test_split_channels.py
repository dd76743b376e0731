"""Recordings with one speaker per channel."""

from app.domain.events import Progress, Relabel, Segment
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
    starts = [event.segment.start for event in events if isinstance(event, Segment)]
    assert starts == sorted(starts)


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
