"""Puts a transcript together while its words and turns come in, and tells it as events."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5

from app.domain.attribution import Part, attribute
from app.domain.channel_words import ChannelWords
from app.domain.chunks import CONTEXT_S, CORE_S
from app.domain.diarization import ChunkDiarization
from app.domain.events import Event, Relabel, Retract, Segment, relabelled
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerSegment, SpeakerTurn, Word, join_words
from app.domain.turn_index import LOOKAHEAD_S, TurnIndex
from app.domain.utterances import UtteranceSplitter
from app.domain.voices import Voiceprint

_WORDS_BEFORE = 8
"""So many words before an utterance tell who is speaking when it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Utterance:
    """`number` counts the words of its channel that came before it: its segments' ids are made of it."""

    number: int
    channel: int
    words: tuple[Word, ...]


class TranscriptAssembler:
    """One run over one clip. Words come in order per channel, chunks in order; either may lag.

    `add_…` return the segments that are certain enough to stream, in time order; `finish` settles
    the speakers over the whole clip and returns the events that correct what was streamed. `run`
    tells runs with different options apart: the same clip, run and words give the same segment ids.
    With several channels each is a speaker of its own: `SPEAKER_00` is the first channel, and a channel
    without words is nobody. Who said a word is then certain, and it is overlapped if another channel's is.
    With `streams` False all is told by `finish`, for half of the work.
    """

    def __init__(
        self,
        *,
        clip_id: str,
        run: str,
        diarize: bool,
        hints: SpeakerHints | None = None,
        least_likeness: float | None = None,
        channels: int = 1,
        streams: bool = True,
    ) -> None:
        self._clip_id = clip_id
        self._run = run
        self._streams = streams
        self._diarize = diarize and channels == 1
        self._splitters = [UtteranceSplitter() for _ in range(channels)]
        self._heard_until_s = [0.0] * channels
        self._word_counts = [0] * channels
        self._channel_words = ChannelWords(channels)
        self._before: tuple[Word, ...] = ()
        """The last words that were told, with their speakers."""
        self._languages: list[list[tuple[float, str]]] = [[] for _ in range(channels)]
        """Per channel, from which second on words are in which language."""
        self._hints = hints or SpeakerHints()
        self._linker = SpeakerLinker(self._hints, least_likeness=least_likeness)
        self._turns: list[SpeakerTurn] = []
        self._turns_until_s = 0.0
        self._untold: list[TimeRange] = []
        """Where diarization failed: nobody is named there, nearest or not."""
        self._utterances: list[_Utterance] = []
        self._waiting: list[_Utterance] = []
        self._told: dict[str, SpeakerSegment] = {}

    @property
    def turns(self) -> tuple[SpeakerTurn, ...]:
        """The turns known so far, settled ones after `finish`."""
        return tuple(self._turns)

    @property
    def segments(self) -> tuple[SpeakerSegment, ...]:
        """What was told so far, in time order."""
        return tuple(sorted(self._told.values(), key=_in_time))

    def add_words(
        self, words: Sequence[Word], *, channel: int = 0, heard_until_s: float, language: str | None = None
    ) -> list[Event]:
        """Take the words of a window; none to come on this channel starts before `heard_until_s`.

        `language` says how they are joined to text.
        """
        known = self._languages[channel]
        if words and language and (not known or known[-1][1] != language):
            known.append((words[0].start, language))
        self._channel_words.add(channel, words)
        splitter = self._splitters[channel]
        self._collect(channel, splitter.push(words) + splitter.advance(heard_until_s))
        self._heard_until_s[channel] = max(self._heard_until_s[channel], heard_until_s)
        return self._tell()

    def add_chunk(self, diarization: ChunkDiarization | None, core: TimeRange) -> list[Event]:
        """Take what was found in the next chunk, None when its diarization failed."""
        if diarization is None:
            self._untold.append(core)
        else:
            self._turns += self._linker.link(diarization, core)
        self._turns_until_s = core.end
        return self._tell()

    def finish(self) -> list[Event]:
        """All words and chunks are in: settle who is who, and correct what was told."""
        for channel, splitter in enumerate(self._splitters):
            self._collect(channel, splitter.finish())
        if self._diarize:
            self._turns = self._linker.settle(self._hints)
        self._waiting.clear()
        index = TurnIndex(self._turns, untold=self._untold)
        self._before = ()
        final = {segment.id: segment for segment in self._segments(self._utterances, index)}
        events: list[Event] = []
        if labels := self._renaming(final):
            self._told = {key: relabelled(segment, labels) for key, segment in self._told.items()}
            events.append(Relabel(labels=labels))
        events += [Retract(id=key) for key in self._told if key not in final]
        changed = [segment for key, segment in final.items() if self._told.get(key) != segment]
        events += [Segment(segment=segment) for segment in sorted(changed, key=_in_time)]
        self._told = final
        return events

    def voices(self) -> dict[str, Voiceprint]:
        """How the speakers sound whose voice was heard, by label, after `finish`."""
        return self._linker.voices() if self._diarize else {}

    def name(self, names: Mapping[str, str]) -> list[Event]:
        """After `finish`: these labels become names, everywhere. Returns the events that tell it."""
        if not names:
            return []
        labels = dict(names)
        self._told = {key: relabelled(segment, labels) for key, segment in self._told.items()}
        self._turns = [
            replace(turn, speaker_label=labels.get(turn.speaker_label, turn.speaker_label))
            for turn in self._turns
        ]
        return [Relabel(labels=labels)]

    def _collect(self, channel: int, utterances: Iterable[tuple[Word, ...]]) -> None:
        for words in utterances:
            utterance = _Utterance(number=self._word_counts[channel], channel=channel, words=words)
            self._word_counts[channel] += len(words)
            self._utterances.append(utterance)
            insort(self._waiting, utterance, key=lambda item: item.words[0].start)

    def _tell(self) -> list[Event]:
        if not self._streams:
            return []
        open_from_s = min(
            heard_s if splitter.open_since_s is None else splitter.open_since_s
            for heard_s, splitter in zip(self._heard_until_s, self._splitters, strict=True)
        )
        count = 0
        for utterance in self._waiting:
            end_s = max(word.end for word in utterance.words)
            turns_known = not self._diarize or end_s + LOOKAHEAD_S <= self._turns_until_s
            others_known = len(self._splitters) == 1 or end_s <= min(self._heard_until_s)
            if not turns_known or not others_known or utterance.words[0].start > open_from_s:
                break
            count += 1
        if count == 0:
            return []
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        index = TurnIndex(self._turns_since(ready[0].words[0].start), untold=self._untold)
        told = self._segments(ready, index)
        self._told |= {segment.id: segment for segment in told}
        return [Segment(segment=segment) for segment in told]

    def _turns_since(self, time_s: float) -> list[SpeakerTurn]:
        """The turns that can matter from a time on: until `finish`, none is longer than a last chunk."""
        first = bisect_left(self._turns, time_s - CORE_S - CONTEXT_S, key=lambda turn: turn.start)
        return self._turns[max(0, first - 1) :]

    def _segments(self, utterances: Iterable[_Utterance], turns: TurnIndex) -> list[SpeakerSegment]:
        return [
            self._segment(utterance, part)
            for utterance in utterances
            for part in self._parts(utterance, turns)
        ]

    def _parts(self, utterance: _Utterance, turns: TurnIndex) -> list[Part]:
        if len(self._splitters) > 1:
            return [Part(place=0, words=self._channel_words.told(utterance.channel, utterance.words))]
        parts = attribute(utterance.words, turns, self._before)
        words = sorted((word for part in parts for word in part.words), key=lambda word: word.start)
        self._before = (*self._before, *words)[-_WORDS_BEFORE:]
        return parts

    def _segment(self, utterance: _Utterance, part: Part) -> SpeakerSegment:
        name = f"{self._clip_id}/{self._run}/{utterance.channel}/{utterance.number + part.place}"
        first = part.words[0]
        return SpeakerSegment(
            id=str(uuid5(NAMESPACE_URL, name)),
            audio_clip_id=self._clip_id,
            start=first.start,
            end=max(word.end for word in part.words),
            speaker_label=first.speaker_label,
            text=join_words(part.words, self._language(utterance.channel, first.start)),
            words=part.words,
        )

    def _language(self, channel: int, time_s: float) -> str | None:
        known = self._languages[channel]
        index = bisect_right(known, time_s, key=lambda item: item[0])
        return known[index - 1][1] if index else None

    def _renaming(self, final: dict[str, SpeakerSegment]) -> dict[str, str]:
        """Which label each told one mostly became, by words; only real changes."""
        if not self._diarize:
            return {}
        became: dict[str, Counter[str]] = {}
        now = {
            (word.start, word.end): word.speaker_label for segment in final.values() for word in segment.words
        }
        for segment in self._told.values():
            for word in segment.words:
                label = now.get((word.start, word.end))
                if word.speaker_label is not None and label is not None:
                    became.setdefault(word.speaker_label, Counter())[label] += 1
        best = {old: max(counts, key=lambda label: (counts[label], label)) for old, counts in became.items()}
        return {old: new for old, new in best.items() if old != new}


def _in_time(segment: SpeakerSegment) -> tuple[float, float, str]:
    return segment.start, segment.end, segment.id
