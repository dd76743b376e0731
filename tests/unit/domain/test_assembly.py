"""Whatever order words and chunks come in, the told events fold to one transcript."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assembly import TranscriptAssembler
from app.domain.chunks import ChunkPlanner
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.events import Done, Event, Relabel, Retract, Segment, fold
from app.domain.options import SpeakerHints
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerSegment, SpeakerTurn, Transcript, Word
from tests.unit.domain.strategies import speaker_turns, words

VOICES = {f"SPEAKER_{i:02d}": voice for i, voice in enumerate(np.eye(3, dtype=np.float32))}


def diarized(turns: list[SpeakerTurn], span: TimeRange, *, noise: float = 0.0) -> ChunkDiarization:
    names = sorted(VOICES)
    local, samples = [], []
    for turn in turns:
        if part := turn.range.clamp(span):
            number = names.index(turn.speaker_label)
            local.append(LocalTurn(local_speaker=number, range=part))
            samples.append(
                VoiceSample(
                    local_speaker=number,
                    range=TimeRange(start=part.start, end=min(part.end, part.start + 10)),
                    embedding=blurred(VOICES[turn.speaker_label], noise, seed=round(part.start * 1000)),
                    model="m",
                )
            )
    return ChunkDiarization(turns=tuple(local), samples=tuple(samples))


def blurred(voice: np.ndarray, noise: float, *, seed: int = 0) -> np.ndarray:
    """A voice that is less its own the more noise there is."""
    blurry = voice + noise * np.random.default_rng(seed).normal(size=len(voice))
    return (blurry / np.linalg.norm(blurry)).astype(np.float32)


def folded(events: list[Event]) -> tuple[SpeakerSegment, ...]:
    transcript = fold(
        [*events, Done(transcript=Transcript(clip_id="c", language=None, duration=1, segments=()))]
    )
    assert transcript is not None
    return transcript.segments


def assembler(diarize: bool = True, hints: SpeakerHints | None = None) -> TranscriptAssembler:
    return TranscriptAssembler(clip_id="c", run="r", diarize=diarize, hints=hints)


HINTS = st.sampled_from(
    [
        SpeakerHints(),
        SpeakerHints(num_speakers=1),
        SpeakerHints(num_speakers=2),
        SpeakerHints(max_speakers=2),
        SpeakerHints(min_speakers=3),
    ]
)


@given(
    words(),
    speaker_turns(latest_s=200.0),
    HINTS,
    st.sampled_from([0.0, 0.3, 1.0]),
    st.randoms(use_true_random=False),
)
def test_events_fold_to_the_same_segments_however_words_and_chunks_interleave(
    spoken: tuple[Word, ...], turns: list[SpeakerTurn], hints: SpeakerHints, noise: float, chance: Random
) -> None:
    duration_s = max([1.0, *(w.end for w in spoken), *(t.end for t in turns)])
    batches = [spoken[i : i + 7] for i in range(0, len(spoken), 7)]
    plans = ChunkPlanner().finish(duration_s)

    def play(order: list[str]) -> tuple[list[Event], tuple[SpeakerSegment, ...]]:
        target, events = assembler(hints=hints), []
        words_left, chunks_left = list(batches), list(plans)
        for kind in order:
            if kind == "words":
                batch = words_left.pop(0)
                until_s = words_left[0][0].start if words_left else duration_s
                events += target.add_words(batch, heard_until_s=until_s)
            else:
                plan = chunks_left.pop(0)
                events += target.add_chunk(diarized(turns, plan.span, noise=noise), plan.core)
        return events + target.finish(), target.segments

    straight = ["chunk"] * len(plans) + ["words"] * len(batches)
    mixed = list(straight)
    chance.shuffle(mixed)
    (events, segments), (other_events, other_segments) = play(straight), play(mixed)
    assert segments == other_segments
    assert folded(events) == segments
    assert folded(other_events) == segments
    told = sorted((w.start, w.end, w.word) for s in segments for w in s.words)
    assert told == sorted((w.start, w.end, w.word) for w in spoken)


def say(text: str, start: float) -> list[Word]:
    return [
        Word(word=word, start=start + i * 0.4, end=start + (i + 1) * 0.4)
        for i, word in enumerate(text.split())
    ]


def test_a_segment_waits_until_the_turns_around_it_are_known() -> None:
    target = assembler()
    turns = [SpeakerTurn(start=0, end=2, speaker_label="SPEAKER_00")]
    assert target.add_words(say("hello there.", 1.0), heard_until_s=30.0) == []
    told = target.add_chunk(diarized(turns, TimeRange(start=0, end=30)), TimeRange(start=0, end=30))
    assert [e.segment.text for e in told if isinstance(e, Segment)] == ["hello there."]


def test_without_diarization_a_segment_waits_for_its_words_only() -> None:
    told = assembler(diarize=False).add_words(say("hello there.", 1.0), heard_until_s=1.8)
    assert [type(event) for event in told] == [Segment]


def test_an_open_utterance_is_told_once_silence_follows_it() -> None:
    target = assembler(diarize=False)
    assert target.add_words(say("and so", 1.0), heard_until_s=2.0) == []
    assert len(target.add_words([], heard_until_s=10.0)) == 1


def test_a_failed_chunk_holds_nobody_up() -> None:
    target = assembler()
    target.add_words(say("hello there.", 1.0), heard_until_s=30.0)
    (event,) = target.add_chunk(None, TimeRange(start=0, end=30))
    assert isinstance(event, Segment)
    assert event.segment.speaker_label is None


def test_what_was_told_rightly_is_not_told_again() -> None:
    """Streamed and final segments come by one rule: all that differs is where turns are cut, at seams."""
    target, events = assembler(), []
    turns, spoken = [], []
    for number in range(40):
        start = 4.7 * number
        turns.append(SpeakerTurn(start=start, end=start + 5.0, speaker_label=f"SPEAKER_0{number % 3}"))
        spoken += say("so we will meet at noon then. yes", start + 0.1)
    for number in range(3):
        core = TimeRange(start=60.0 * number, end=60.0 * (number + 1))
        told_until_s = min(core.end, 4.7 * 40)
        batch = [word for word in spoken if core.start <= word.start < core.end]
        events += target.add_words(batch, heard_until_s=told_until_s)
        events += target.add_chunk(diarized(turns, core), core)
    events += target.add_words([w for w in spoken if w.start >= 180], heard_until_s=200.0)
    last = TimeRange(start=180.0, end=200.0)
    events += target.add_chunk(diarized(turns, last), last)
    assert sum(isinstance(event, Segment) for event in events) > 40
    assert target.finish() == []


FIRST, SECOND = VOICES["SPEAKER_00"], VOICES["SPEAKER_01"]
BETWEEN = (FIRST + 0.9 * SECOND) / np.linalg.norm(FIRST + 0.9 * SECOND)
"""Two takes of a voice seem two people until longer ones, in between, show that they are one."""


def one_voice(voice: np.ndarray, part: TimeRange) -> ChunkDiarization:
    sample = VoiceSample(local_speaker=0, range=part, embedding=voice, model="m")
    return ChunkDiarization(turns=(LocalTurn(local_speaker=0, range=part),), samples=(sample,))


def test_speakers_found_out_to_be_one_are_merged_in_what_was_told() -> None:
    target, events = assembler(), []
    for number, (voice, seconds) in enumerate([(FIRST, 2), (SECOND, 2), (BETWEEN, 9), (BETWEEN, 9)]):
        core = TimeRange(start=number * 60.0, end=(number + 1) * 60.0)
        part = TimeRange(start=core.start, end=core.start + seconds)
        events += target.add_words(say("hello there.", core.start + 1), heard_until_s=core.end)
        events += target.add_chunk(one_voice(voice, part), core)
    early = [event.segment.speaker_label for event in events if isinstance(event, Segment)]
    assert set(early) == {"SPEAKER_00", "SPEAKER_01"}
    corrections = target.finish()
    assert corrections == [Relabel(labels={"SPEAKER_01": "SPEAKER_00"})]
    assert {s.speaker_label for s in folded([*events, *corrections])} == {"SPEAKER_00"}
    assert folded([*events, *corrections]) == target.segments


def test_a_sentence_told_as_two_peoples_is_told_again_as_one() -> None:
    target, events = assembler(), []
    events += target.add_words(say("so we will meet at noon", 58.8), heard_until_s=240.0)
    for number, (voice, start, seconds) in enumerate(
        [(FIRST, 58, 2), (SECOND, 60, 2), (BETWEEN, 120, 9), (BETWEEN, 180, 9)]
    ):
        core = TimeRange(start=number * 60.0, end=(number + 1) * 60.0)
        events += target.add_chunk(one_voice(voice, TimeRange(start=start, end=start + seconds)), core)
    told = [event.segment for event in events if isinstance(event, Segment)]
    assert [segment.text for segment in told] == ["so we will", "meet at noon"]
    corrections = target.finish()
    assert Retract(id=told[1].id) in corrections
    (whole,) = folded([*events, *corrections])
    assert (whole.id, whole.text) == (told[0].id, "so we will meet at noon")
    assert (whole,) == target.segments


def test_a_segment_that_was_two_people_becomes_two() -> None:
    """Turns that come in too late for what was told: one segment of two people, and two of one."""
    target = assembler()
    events = target.add_words(say("one two three four five six", 1.0), heard_until_s=30.0)
    events += target.add_chunk(None, TimeRange(start=0, end=30))
    ((told, *_),) = [[event.segment for event in events if isinstance(event, Segment)]]
    assert told.speaker_label is None
    turns = [
        SpeakerTurn(start=0, end=2.2, speaker_label="SPEAKER_00"),
        SpeakerTurn(start=2.2, end=9, speaker_label="SPEAKER_01"),
    ]
    # The second chunk's core reaches back over the first: only so can turns be late.
    events += target.add_chunk(diarized(turns, TimeRange(start=0, end=60)), TimeRange(start=0, end=60))
    corrections = target.finish()
    assert [type(event) for event in corrections] == [Segment, Segment]
    assert [(s.speaker_label, s.text) for s in folded([*events, *corrections])] == [
        ("SPEAKER_00", "one two three"),
        ("SPEAKER_01", "four five six"),
    ]


def test_ids_are_the_same_in_a_rerun_and_differ_between_runs_and_clips() -> None:
    ids = set()
    for clip, run in [("c", "r"), ("c", "r"), ("c", "other"), ("d", "r")]:
        target = TranscriptAssembler(clip_id=clip, run=run, diarize=False)
        target.add_words(say("hello there. and you?", 0.0), heard_until_s=9.0)
        target.finish()
        ids |= {segment.id for segment in target.segments}
    assert len(ids) == 6


def test_words_are_joined_as_their_own_language_writes_them() -> None:
    target = assembler(diarize=False)
    target.add_words(say("a b", 1.0), heard_until_s=30.0, language="ja")
    target.add_words(say("c d", 31.0), heard_until_s=60.0, language="en")
    target.add_words(say("e f", 61.0), heard_until_s=90.0)
    target.finish()
    assert [segment.text for segment in target.segments] == ["ab", "c d", "e f"]
