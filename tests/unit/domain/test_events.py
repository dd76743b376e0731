from dataclasses import replace

from app.domain.events import (
    Done,
    Event,
    Progress,
    Queued,
    Relabel,
    Retract,
    Segment,
    Started,
    fold,
    relabelled,
)
from app.domain.transcript import SpeakerSegment, Transcript, Word


def segment(id: str, start: float, label: str | None, *, text: str = "hi") -> SpeakerSegment:
    words = (Word(word=text, start=start, end=start + 1, speaker_label=label),)
    return SpeakerSegment(
        id=id, audio_clip_id="c", start=start, end=start + 1, speaker_label=label, text=text, words=words
    )


def told(*events: Event) -> list[tuple[str, str | None, str | None]]:
    done = Done(transcript=Transcript(clip_id="c", language="en", duration=9.0, segments=()))
    folded = fold([Queued(), Started(attempt=1), *events, done])
    assert folded is not None
    return [(s.id, s.speaker_label, s.words[0].speaker_label) for s in folded.segments]


def test_a_log_without_an_end_tells_no_transcript() -> None:
    assert fold([Queued(), Segment(segment=segment("a", 0, "A"))]) is None


def test_segments_come_out_in_time_order() -> None:
    events = [Segment(segment=segment("b", 2, "A")), Segment(segment=segment("a", 0, "A"))]
    assert [segment_id for segment_id, *_ in told(*events)] == ["a", "b"]


def test_a_known_id_replaces_its_segment() -> None:
    events = [Segment(segment=segment("a", 0, "A")), Segment(segment=segment("a", 0, "B"))]
    assert told(*events) == [("a", "B", "B")]


def test_labels_can_change_places_in_all_earlier_segments_at_once() -> None:
    before = [Segment(segment=segment("a", 0, "A")), Segment(segment=segment("b", 1, "B"))]
    after = [Segment(segment=segment("c", 2, "A")), Segment(segment=segment("d", 3, None))]
    assert told(*before, Relabel(labels={"A": "B", "B": "A"}), *after) == [
        ("a", "B", "B"),
        ("b", "A", "A"),
        ("c", "A", "A"),
        ("d", None, None),
    ]


def test_a_runner_up_is_renamed_too_and_forgotten_once_it_is_the_speaker() -> None:
    doubtful = [replace(word, runner_up="B") for word in segment("a", 0, "A").words]
    told_once = replace(segment("a", 0, "A"), words=tuple(doubtful))
    assert relabelled(told_once, {"B": "C"}).words[0].runner_up == "C"
    assert relabelled(told_once, {"B": "A"}).words[0].runner_up is None


def test_a_retracted_segment_is_gone_and_progress_changes_nothing() -> None:
    events = [
        Segment(segment=segment("a", 0, "A")),
        Progress(done_s=1, total_s=2),
        Retract(id="a"),
        Retract(id="never"),
    ]
    assert told(*events) == []


def test_a_new_attempt_starts_from_nothing() -> None:
    assert told(Segment(segment=segment("a", 0, "A")), Started(attempt=2)) == []
