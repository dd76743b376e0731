import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from app.domain.events import Done, Progress, Segment, fold
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.timeline import TimeRange
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
    until_quiet,
)

TALK = conversation(minutes=4, speakers=3)


async def test_who_said_what_comes_out_as_it_was_said() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    transcript = transcript_of(await run(use_case))
    assert said(transcript) == TALK.said
    assert transcript.duration == TALK.duration_s
    assert transcript.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert transcript.warnings == ()
    assert decoder.closed


async def test_segments_stream_in_time_order_long_before_the_end() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    blocks_at_first = None
    starts = []
    async for event in use_case.execute("clip", TranscriptionOptions()):
        if isinstance(event, Segment):
            blocks_at_first = blocks_at_first or decoder.blocks_given
            starts.append(event.segment.start)
    assert starts == sorted(starts)
    assert blocks_at_first is not None
    assert blocks_at_first < decoder.blocks_given / 2


async def test_folding_the_events_gives_the_transcript() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    events = await run(use_case)
    transcript = transcript_of(events)
    emptied = [*events[:-1], Done(transcript=replace(transcript, segments=()))]
    assert fold(emptied) == transcript


async def test_a_rerun_gives_the_same_events() -> None:
    results = []
    for _ in range(2):
        decoder = ToneDecoder(TALK.duration_s, TALK.speech)
        use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
        results.append(transcript_of(await run(use_case)))
    assert results[0] == results[1]


IDS = """
import asyncio
from dataclasses import replace
from tests.unit.application.conversations import conversation
from tests.unit.application.stage import *

class Polyglot(OracleTranscriber):
    def describe(self):
        return replace(super().describe(), languages=frozenset({"en", "de", "fr", "es"}))

async def main():
    talk = conversation(minutes=0.3)
    engine = Polyglot(talk.words, language="de")
    use_case = await transcribe_audio(ToneDecoder(18.0, talk.speech), engine, None)
    print(*(segment.id for segment in transcript_of(await run(use_case)).segments))

asyncio.run(main())
"""


def test_another_process_gives_the_same_ids() -> None:
    ids = {
        subprocess.run(
            [sys.executable, "-c", IDS], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(ids) == 1
    assert ids != {b"\n"}


async def test_windows_are_recognized_side_by_side_but_never_more_than_allowed() -> None:
    transcriber = OracleTranscriber(TALK.words, gate=asyncio.Event())
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, transcriber, None, windows_in_flight=3)
    running = asyncio.create_task(run(use_case, TranscriptionOptions(diarize=False, language="en")))
    await until(lambda: transcriber.running == 3)
    await until_quiet(lambda: transcriber.running)
    assert transcriber.gate is not None
    transcriber.gate.set()
    await running
    assert transcriber.most_running == 3


async def test_a_branch_that_stands_still_leaves_the_other_its_work_and_memory_stays_bounded() -> None:
    talk = conversation(minutes=20)
    words_may_go, turns_may_go = asyncio.Event(), asyncio.Event()
    transcriber = OracleTranscriber(talk.words, gate=words_may_go, language="en")
    diarizer = OracleDiarizer(talk.turns, gate=turns_may_go)
    decoder = ToneDecoder(talk.duration_s, talk.speech)
    use_case = await transcribe_audio(decoder, transcriber, diarizer, windows_in_flight=2)
    running = asyncio.create_task(run(use_case, TranscriptionOptions(language="en")))

    turns_may_go.set()
    await until(lambda: len(transcriber.asked) == 3 and len(diarizer.asked) == 1)
    await until_quiet(lambda: decoder.blocks_given)
    assert len(transcriber.asked) == 3, "the first one, and two in flight"
    assert decoder.blocks_given < 40, "no more is read than a chunk and the windows in flight"

    turns_may_go.clear()
    words_may_go.set()
    await until(lambda: len(transcriber.asked) > 4 and len(diarizer.asked) == 3)
    await until_quiet(lambda: decoder.blocks_given)
    assert decoder.blocks_given < 120, "a chunk that is stuck holds up the reader, in time"

    turns_may_go.set()
    assert said(transcript_of(await running)) == talk.said


async def test_without_diarization_no_chunk_is_made_and_nobody_is_named() -> None:
    diarizer = OracleDiarizer(TALK.turns)
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    transcript = transcript_of(await run(use_case, TranscriptionOptions(diarize=False)))
    assert diarizer.asked == []
    assert {label for label, _ in said(transcript)} == {None}
    assert "diarization" not in transcript.engine
    assert transcript.warnings == ()


async def test_silence_gives_an_empty_transcript() -> None:
    decoder = ToneDecoder(90.0, [])
    use_case = await transcribe_audio(decoder, OracleTranscriber([]), OracleDiarizer([]))
    transcript = transcript_of(await run(use_case))
    assert (transcript.segments, transcript.speakers, transcript.duration) == ((), (), 90.0)


async def test_progress_grows_to_the_end_of_the_clip() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    events = await run(use_case)
    for stage in ("transcription", "diarization"):
        done = [e.done_s for e in events if isinstance(e, Progress) and e.stage == stage]
        assert done == sorted(done)
        assert done[-1] == pytest.approx(TALK.duration_s, abs=10)


async def test_speaker_hints_bound_every_chunk() -> None:
    diarizer = OracleDiarizer(TALK.turns)
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    transcript = transcript_of(
        await run(use_case, TranscriptionOptions(speakers=SpeakerHints(max_speakers=2)))
    )
    assert {limit for _, limit in diarizer.asked} == {2}
    assert len(transcript.speakers) == 2


async def test_chunks_carry_their_context_and_the_speech_in_it() -> None:
    diarizer = OracleDiarizer(TALK.turns)
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), diarizer)
    await run(use_case)
    chunk = diarizer.asked[1][0]
    assert chunk.core == TimeRange(start=60.0, end=120.0)
    assert (chunk.waveform.start_s, chunk.waveform.end_s) == (55.0, 125.0)
    spoken = sum(part.duration for part in chunk.speech)
    expected = sum(t.range.overlap(TimeRange(start=55.0, end=125.0)) for t in TALK.turns)
    assert spoken == pytest.approx(expected, abs=1.0)


async def test_without_voice_detection_the_whole_clip_is_heard() -> None:
    transcriber = OracleTranscriber(TALK.words)
    decoder = ToneDecoder(TALK.duration_s, [])
    use_case = await transcribe_audio(decoder, transcriber, None)
    transcript = transcript_of(await run(use_case, TranscriptionOptions(vad=False, diarize=False)))
    assert [word for _, word in said(transcript)] == [word.word for word in TALK.words]
    assert "voice_activity" not in transcript.engine
    assert sum(w.duration for w, _ in transcriber.asked) == pytest.approx(TALK.duration_s)


async def test_without_voice_detection_odd_blocks_lose_no_sound() -> None:
    transcriber = OracleTranscriber(TALK.words)
    decoder = ToneDecoder(30.0, [], block_s=1024 / 16_000)
    use_case = await transcribe_audio(decoder, transcriber, None)
    await run(use_case, TranscriptionOptions(vad=False, diarize=False))
    assert sum(w.duration for w, _ in transcriber.asked) == pytest.approx(30.0, abs=0.03)


async def test_silence_after_the_last_words_does_not_hold_them_back() -> None:
    talk = conversation(minutes=0.5)
    decoder = ToneDecoder(600.0, talk.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(talk.words), None)
    events = use_case.execute("clip", TranscriptionOptions(diarize=False))
    told = [decoder.blocks_given async for event in events if isinstance(event, Segment)]
    assert told[-1] < 0.5 * decoder.blocks_given


async def test_the_transcript_says_which_engines_made_it_and_why() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    engine = transcript_of(await run(use_case)).engine
    assert {stage: use.info.name for stage, use in engine.items()} == {
        "transcription": "oracle",
        "diarization": "oracle",
        "voice_activity": "energy",
    }
    assert engine["transcription"].reason == "the test says so"


async def test_without_word_times_segments_come_without_their_words() -> None:
    decoder = ToneDecoder(TALK.duration_s, TALK.speech)
    use_case = await transcribe_audio(decoder, OracleTranscriber(TALK.words), OracleDiarizer(TALK.turns))
    events = await run(use_case, TranscriptionOptions(word_timestamps=False))
    transcript = transcript_of(events)
    assert fold(events) == transcript
    assert {segment.words for segment in transcript.segments} == {()}
    text = " ".join(segment.text for segment in transcript.segments)
    assert text.split() == [word.word for word in TALK.words]
