"""Words and turns become speaker segments. Pure: the same words and turns give the same segments.

Who said a word is decided for all words of an utterance at once, by the likeliest sequence (a beam search
over who has just been speaking): each word should lie in or near a turn of its speaker (`TurnIndex.chances`);
speakers change at pauses and sentence ends rather than between two words; nobody says two words at once; and
whoever goes on within 0.27 s never stopped. At every instant of one voice there is so one speaker, also where
turns overlap. Then the utterance is cut: a speaker who goes on while another speaks keeps one segment, beside
the other's; and inside a sentence only two words or one second are a change of speaker, so that one
mislabelled word does not cut the sentence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.transcript import Word
from app.domain.turn_index import Chances, TurnIndex
from app.domain.utterances import TOUCH_S, ends_sentence

LEAST_RUN_WORDS = 2
LEAST_RUN_S = 1.0
GOES_ON_S = 0.27
"""A speaker whose next word starts within this has not stopped, whoever spoke meanwhile."""

# Costs are negative logarithms of likelihoods, tuned as those of `turn_index` were.
_FLOOR = 0.025
_CHANGE, _PAUSE_S = 1.5, 1.5
_AFTER_SENTENCE = 0.09
_OVER_ANOTHER = 0.12
_TWO_AT_ONCE, _AT_ONCE_S = 10.0, 0.1
_THERE_AND_BACK = 0.75
_CUT_OFF = 1.9
_BEAM, _BEAM_COST = 6, 12.0


@dataclass(frozen=True, slots=True)
class _Voice:
    """Somebody who has just been speaking: until when, and whether that ended a sentence."""

    label: str | None
    end_s: float
    done: bool


@dataclass(frozen=True, slots=True)
class _Path:
    """Speakers of the words so far: what they cost, the last one, and the path before it."""

    cost: float
    label: str | None = None
    before: "_Path | None" = None


_Voices = tuple[_Voice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Words of one speaker out of an utterance; `place` is that of the first one in the utterance."""

    place: int
    words: tuple[Word, ...]


def attribute(utterance: Sequence[Word], turns: TurnIndex, before: Sequence[Word] = ()) -> list[Part]:
    """The utterance cut by speaker, in order of first words; each part's words carry one label.

    `before` are the last words before the utterance, with their speakers: whoever is speaking goes on.
    """
    if not utterance:
        return []
    crowded = _crowded(utterance, before)
    chances = [turns.chances(word, crowded=many) for word, many in zip(utterance, crowded, strict=True)]
    labels = _gated(utterance, _decoded(utterance, chances, before))
    words = [
        _told(word, label, likely, overlap=turns.overlapped(word))
        for word, label, likely in zip(utterance, labels, chances, strict=True)
    ]
    return [
        Part(place=places[0], words=tuple(words[place] for place in places))
        for places in _streams(utterance, labels)
    ]


def _told(word: Word, label: str | None, chances: Chances, *, overlap: bool) -> Word:
    others = {other: chance for other, chance in chances.items() if other not in (label, None)}
    return replace(
        word,
        speaker_label=label,
        overlap=overlap,
        # Rounded, so that turns in other pieces, as they stream, give the same.
        speaker_confidence=None if label is None else round(chances.get(label, 0.0), 4),
        runner_up=max(others, key=lambda other: (others[other], other or ""), default=None),
    )


def _crowded(utterance: Sequence[Word], before: Sequence[Word]) -> list[bool]:
    """Which words were said while another one was."""
    crowded = [False] * len(utterance)
    end_s, last = max((word.end for word in before), default=0.0), -1
    for place, word in enumerate(utterance):
        if end_s - word.start > TOUCH_S:
            crowded[place] = True
            if last >= 0:
                crowded[last] = True
        if word.end > end_s:
            end_s, last = word.end, place
    return crowded


def _decoded(words: Sequence[Word], chances: Sequence[Chances], before: Sequence[Word]) -> list[str | None]:
    """The speakers that cost least."""
    voices: _Voices = ()
    for word in before:
        voices = _speaking(voices, word, word.speaker_label, done=ends_sentence(word))
    paths: dict[_Voices, _Path] = {voices: _Path(0.0)}
    previous = before[-1] if before else None
    after_sentence = previous is not None and ends_sentence(previous)
    for word, likely in zip(words, chances, strict=True):
        change = 0.0 if previous is None else _change(word.start - previous.end, after_sentence)
        done = ends_sentence(word)
        reached: dict[_Voices, _Path] = {}
        for voices, path in paths.items():
            for label, chance in likely.items():
                cost = path.cost - math.log(_FLOOR + chance) + _step(voices, path, word, label, change)
                now = _speaking(voices, word, label, done=done)
                if now not in reached or cost < reached[now].cost:
                    reached[now] = _Path(cost, label, path)
        paths = _cheapest(reached)
        previous, after_sentence = word, done
    last: _Path | None = min(paths.values(), key=lambda path: path.cost)
    labels: list[str | None] = []
    while last is not None and last.before is not None:
        labels.append(last.label)
        last = last.before
    return labels[::-1]


def _change(gap_s: float, after_sentence: bool) -> float:
    """What it costs that somebody else begins to speak so long after the last word."""
    cost = _CHANGE * math.exp(-max(0.0, gap_s) / _PAUSE_S)
    if after_sentence:
        cost = min(cost, _AFTER_SENTENCE)
    return min(cost, _OVER_ANOTHER) if gap_s < -TOUCH_S else cost


def _step(voices: _Voices, path: _Path, word: Word, label: str | None, change: float) -> float:
    cost = change
    for voice in voices:
        gone_on = voice.end_s > word.start - GOES_ON_S
        if voice.label == label and gone_on:
            both_s = voice.end_s - word.start - TOUCH_S
            cost = _TWO_AT_ONCE * min(1.0, both_s / _AT_ONCE_S) if both_s > 0 else 0.0
            if path.before is not None and path.label != label:
                cost += _THERE_AND_BACK
            return cost + _left(voices, word, label)
    return cost + _left(voices, word, label)


def _left(voices: _Voices, word: Word, label: str | None) -> float:
    """What it costs that others have stopped amid a sentence."""
    return sum(
        _CUT_OFF
        for voice in voices
        if voice.label != label and not voice.done and voice.end_s <= word.start - GOES_ON_S
    )


def _speaking(voices: _Voices, word: Word, label: str | None, *, done: bool) -> _Voices:
    """Who is speaking after `label` said the word."""
    end_s = word.end
    others = []
    for voice in voices:
        if voice.label == label:
            end_s = max(end_s, voice.end_s)
        elif voice.end_s > word.start - GOES_ON_S:
            others.append(voice)
    own = _Voice(label, end_s, done)
    return tuple(sorted([*others, own], key=lambda voice: voice.label or "")) if others else (own,)


def _cheapest(paths: dict[_Voices, _Path]) -> dict[_Voices, _Path]:
    if len(paths) == 1:
        return paths
    ordered = sorted(paths.items(), key=lambda item: item[1].cost)[:_BEAM]
    return {voices: path for voices, path in ordered if path.cost < ordered[0][1].cost + _BEAM_COST}


def _gated(words: Sequence[Word], labels: list[str | None]) -> list[str | None]:
    """The labels without changes of speaker that are too short to be believed.

    Between somebody and nobody none is: where diarization failed nobody is named, and elsewhere somebody is.
    """
    labels = list(labels)
    while True:
        streams = [stream for stream in _streams(words, labels) if labels[stream[0]] is not None]
        weak = sorted(
            (stream for stream in streams if not _stands_alone(words, stream)),
            key=lambda stream: (_strength(words, stream), stream[0]),
        )
        for stream in weak:
            hosts = [s for s in streams if s is not stream and _takes(words, s, stream)]
            if hosts:
                host = max(hosts, key=lambda s: (_strength(words, s), -s[0]))
                for place in stream:
                    labels[place] = labels[host[0]]
                break
        else:
            return labels


def _streams(words: Sequence[Word], labels: Sequence[str | None]) -> list[list[int]]:
    """The places of the words by who goes on speaking, in order of first words."""
    streams: list[list[int]] = []
    latest: dict[str | None, list[int]] = {}
    for place, (word, label) in enumerate(zip(words, labels, strict=True)):
        stream = latest.get(label)
        follows = stream is not None and (
            stream[-1] == place - 1 or words[stream[-1]].end > word.start - GOES_ON_S
        )
        if stream is None or not follows:
            stream = latest[label] = []
            streams.append(stream)
        stream.append(place)
    return streams


def _takes(words: Sequence[Word], host: list[int], weak: list[int]) -> bool:
    """Whether the host says words right before or after, and none at the same time."""
    beside = weak[0] - 1 in host or weak[-1] + 1 in host
    return beside and not any(
        min(words[a].end, words[b].end) - max(words[a].start, words[b].start) > TOUCH_S
        for a in weak
        for b in host
    )


def _strength(words: Sequence[Word], stream: Sequence[int]) -> tuple[int, float]:
    return len(stream), words[stream[-1]].end - words[stream[0]].start


def _stands_alone(words: Sequence[Word], stream: Sequence[int]) -> bool:
    count, length_s = _strength(words, stream)
    return count >= LEAST_RUN_WORDS or length_s >= LEAST_RUN_S
