"""Who spoke when, and who said which word: on generated conversations and on a real telephone call.

Every conversation goes through the whole product, with a recognizer that hears exactly the words that were
said; so what is measured are voice activity, diarization, linking and attribution, and nothing else. Each
figure is that of one run: the same sound gives the same speakers.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.domain.transcript import SpeakerTurn, Word
from bench.conversations import Scene, converse, corpus, recording
from bench.diarizing import Side, Told, sides, tell
from bench.figures import Row
from bench.running import Plan
from bench.speaker_errors import Seconds, by_overlap, by_segment, compare, link_by_truth, wrong_words

OF_CORPUS = ("S1", "S2", "S3", "S4", "S5")
ROWS = (*OF_CORPUS, "S6", "S7")
CHUNK_S = 65.0
"""A longer recording is more than one chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one conversation gave: in chunks, and whole where that is another thing."""

    name: str
    true_speakers: int
    speakers: int
    chunked: Seconds
    whole: Seconds | None
    words: int
    wrong: int
    by_overlap: int
    by_segment: int
    by_sentence: int
    nobody: int

    def __str__(self) -> str:
        return f"{self.name}: {self.chunked}; {self.speakers} of {self.true_speakers} speakers"


def rows(plan: Plan) -> Iterator[Row]:
    for name, opened in sides(plan.threads).items():
        suffix = "" if name == "embedded" else f" ({name})"
        wanted = [row for row in ROWS if plan.wants(f"{row}{suffix}")]
        if not wanted:
            continue
        with opened as side:
            of_side = _Measuring(plan=plan, side=side, ours_is=f"Diarist, {name} diarizer", suffix=suffix)
            if not set(wanted).isdisjoint(OF_CORPUS):
                scenes = corpus(held_out=True, quick=plan.quick)
                found = [_found(of_side, scene) for scene in scenes]
                yield from (row for row in _corpus_rows(of_side, found) if plan.wants(row.id))
            if "S6" in wanted:
                yield _hour(of_side)
            if "S7" in wanted and name == "embedded":
                yield _telephone(of_side)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measuring:
    """One diarizer at work."""

    plan: Plan
    side: Side
    ours_is: str
    suffix: str

    def tell(self, path: Path, words: Sequence[Word] = (), *, num_speakers: int | None = None) -> Told:
        return tell(path, self.side.engine, words, threads=self.plan.threads, num_speakers=num_speakers)


def _found(of_side: _Measuring, scene: Scene) -> Found:
    talk = converse(scene)
    told = of_side.tell(recording(talk), talk.words)
    chunked, names = compare(talk.turns, told.turns)
    whole = None
    if talk.duration_s > CHUNK_S:
        whole, _ = compare(talk.turns, of_side.side.whole(talk.samples))
    truth = [talk.words[number].speaker_label for number in told.numbers]
    turns = sorted(told.turns)
    wrong, nobody = wrong_words(truth, [word.speaker_label for word in told.words], names)
    found = Found(
        name=talk.name,
        true_speakers=len(talk.speakers),
        speakers=told.speakers,
        chunked=chunked,
        whole=whole,
        words=len(truth),
        wrong=wrong,
        nobody=nobody,
        by_overlap=wrong_words(truth, by_overlap(told.words, turns), names)[0],
        by_segment=wrong_words(truth, by_segment(told.words, turns, sentences=False), names)[0],
        by_sentence=wrong_words(truth, by_segment(told.words, turns, sentences=True), names)[0],
    )
    of_side.plan.say(
        f"{found}; of {len(talk.words)} words {len(truth)} heard, {wrong} with the wrong speaker"
    )
    return found


def _corpus_rows(of_side: _Measuring, found: Sequence[Found]) -> Iterator[Row]:
    wrong_count = sum(each.speakers != each.true_speakers for each in found)
    off_by = sum(abs(each.speakers - each.true_speakers) for each in found)
    yield Row(
        id=f"S1{of_side.suffix}",
        measured=f"diarization error, {len(found)} generated conversations of held-out voices, median",
        unit="DER",
        ours=[statistics.median(each.chunked.rate for each in found)],
        ours_is=of_side.ours_is,
        reading="value",
        target=None if of_side.suffix else 0.15,
        notes=[
            f"pooled {_pooled([each.chunked for each in found])}",
            f"number of speakers wrong in {wrong_count} of {len(found)}, by {off_by} in all",
            *(f"{each}" for each in found),
        ],
        quick=of_side.plan.quick,
    )
    long = [(each.chunked, each.whole) for each in found if each.whole is not None]
    yield _chunking(of_side, long)
    yield from _word_rows(of_side, found)


def _chunking(of_side: _Measuring, long: Sequence[tuple[Seconds, Seconds]]) -> Row:
    in_chunks, whole = _pooled([chunked for chunked, _ in long]), _pooled([whole for _, whole in long])
    return Row(
        id=f"S2{of_side.suffix}",
        measured=f"diarization error of {len(long)} long conversations in chunks, less that of whole files",
        unit="points",
        ours=[100 * (in_chunks.rate - whole.rate)],
        ours_is=of_side.ours_is,
        reading="value",
        target=1.0,
        notes=[
            f"in chunks {in_chunks}",
            f"{of_side.side.whole_is}: {whole}",
            f"at worst {max(100 * (one.rate - other.rate) for one, other in long):+.1f} points",
        ],
        quick=of_side.plan.quick,
    )


def _word_rows(of_side: _Measuring, found: Sequence[Found]) -> Iterator[Row]:
    words, wrong = sum(each.words for each in found), sum(each.wrong for each in found)
    nobody, by_sentence = (sum(each.nobody for each in found), sum(each.by_sentence for each in found))
    yield Row(
        id=f"S3{of_side.suffix}",
        measured="words with the wrong speaker, pooled",
        unit="of words",
        ours=[wrong / words],
        ours_is=of_side.ours_is,
        reading="value",
        notes=[
            f"{wrong} of {words} words; {nobody} of them without a speaker",
            f"by the majority of the sentence, were all sentences known: {by_sentence}",
        ],
        quick=of_side.plan.quick,
    )
    others = (
        ("S4", "by overlap alone", sum(each.by_overlap for each in found), 0.8),
        ("S5", "by the majority of the segment", sum(each.by_segment for each in found), 0.5),
    )
    for id_, peer_is, peer, target in others:
        yield Row(
            id=f"{id_}{of_side.suffix}",
            measured=f"words with the wrong speaker, pooled, against {peer_is}",
            unit="of words",
            # A figure of none would have no ratio.
            ours=[max(wrong, 1) / words],
            ours_is=of_side.ours_is,
            peer=[max(peer, 1) / words],
            peer_is=f"{peer_is}, the same words and turns",
            reading="growth",
            target=target,
            quick=of_side.plan.quick,
        )


def _hour(of_side: _Measuring) -> Row:
    minutes = of_side.plan.either(60, 10)
    talk = converse(Scene(seed=4242, voices=4, duration_s=60 * minutes, held_out=True, snr_db=25))
    told = of_side.tell(recording(talk))
    linked, _ = compare(talk.turns, told.turns)
    oracle, _ = compare(talk.turns, link_by_truth(told.chunks, talk.turns))
    return Row(
        id=f"S6{of_side.suffix}",
        measured=f"confusion on {minutes} min of 4 voices, less that of an oracle's linking of its chunks",
        unit="points",
        ours=[100 * (linked.confused - oracle.confused) / linked.speech],
        ours_is=of_side.ours_is,
        reading="value",
        target=1.0,
        notes=[f"{told.speakers} speakers found", f"{linked}", f"oracle {oracle}"],
        quick=of_side.plan.quick,
    )


def _telephone(of_side: _Measuring) -> Row:
    sample, truth = telephone_call()
    free = of_side.tell(sample)
    given = of_side.tell(sample, num_speakers=2)
    seconds, _ = compare(truth, free.turns)
    return Row(
        id="S7",
        measured="diarization error, 30 s of two people on the telephone (pyannote.audio's sample)",
        unit="DER",
        ours=[seconds.rate],
        ours_is=of_side.ours_is,
        reading="value",
        notes=[
            f"{free.speakers} speakers found, {seconds}",
            f"told that they are two: {compare(truth, given.turns)[0]}",
        ],
        quick=of_side.plan.quick,
    )


def telephone_call() -> tuple[Path, list[SpeakerTurn]]:
    """The real recording that pyannote.audio's package carries, and who speaks when on it."""
    package = find_spec("pyannote")
    if package is None or package.submodule_search_locations is None:
        raise FileNotFoundError("pyannote.audio is not installed")
    folders = (Path(folder) / "audio" / "sample" for folder in package.submodule_search_locations)
    sample = next(folder for folder in folders if folder.exists()) / "sample.wav"
    lines = [line.split() for line in sample.with_suffix(".rttm").read_text(encoding="utf-8").splitlines()]
    return sample, [
        SpeakerTurn(start=float(first), end=float(first) + float(duration), speaker_label=label)
        for _, _, _, first, duration, _, _, label, *_ in lines
    ]


def _pooled(seconds: Sequence[Seconds]) -> Seconds:
    return sum(seconds[1:], seconds[0])
