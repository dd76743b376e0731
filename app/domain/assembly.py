"""Puts a transcript together while its words and turns come in, and tells it as events."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5

from app.domain.attribution import TurnIndex, UtteranceSplitter, attribute
from app.domain.chunks import CORE_S
from app.domain.diarization import ChunkDiarization
from app.domain.events import Event, Relabel, Retract, Segment, relabelled
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerSegment, SpeakerTurn, Word, join_words

LOOKAHEAD_S = 1.0
"""How far past an utterance the turns must be known before it is told: words in a gap look ahead."""


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
    With several channels each is a speaker of its own: `SPEAKER_00` is the first channel.
    """

    def __init__(
        self, *, clip_id: str, run: str, diarize: bool, hints: SpeakerHints | None = None, channels: int = 1
    ) -> None:
        self._clip_id = clip_id
        self._run = run
        self._diarize = diarize and channels == 1
        self._splitters = [UtteranceSplitter() for _ in range(channels)]
        self._heard_until_s = [0.0] * channels
        self._word_counts = [0] * channels
        self._languages: list[list[tuple[float, str]]] = [[] for _ in range(channels)]
        """Per channel, from which second on words are in which language."""
        self._hints = hints or SpeakerHints()
        self._linker = SpeakerLinker(self._hints)
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
        final = {s.id: s for utterance in self._utterances for s in self._segments(utterance, index)}
        events: list[Event] = []
        if labels := self._renaming(final):
            self._told = {key: relabelled(segment, labels) for key, segment in self._told.items()}
            events.append(Relabel(labels=labels))
        events += [Retract(id=key) for key in self._told if key not in final]
        changed = [segment for key, segment in final.items() if self._told.get(key) != segment]
        events += [Segment(segment=segment) for segment in sorted(changed, key=_in_time)]
        self._told = final
        return events

    def _collect(self, channel: int, utterances: Iterable[tuple[Word, ...]]) -> None:
        for words in utterances:
            utterance = _Utterance(number=self._word_counts[channel], channel=channel, words=words)
            self._word_counts[channel] += len(words)
            self._utterances.append(utterance)
            insort(self._waiting, utterance, key=lambda item: item.words[0].start)

    def _tell(self) -> list[Event]:
        open_from_s = min(
            heard_s if splitter.open_since_s is None else splitter.open_since_s
            for heard_s, splitter in zip(self._heard_until_s, self._splitters, strict=True)
        )
        count = 0
        for utterance in self._waiting:
            turns_known = not self._diarize or utterance.words[-1].end + LOOKAHEAD_S <= self._turns_until_s
            if not turns_known or utterance.words[0].start > open_from_s:
                break
            count += 1
        if count == 0:
            return []
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        index = TurnIndex(self._turns_since(ready[0].words[0].start), untold=self._untold)
        told = [segment for utterance in ready for segment in self._segments(utterance, index)]
        self._told |= {segment.id: segment for segment in told}
        return [Segment(segment=segment) for segment in told]

    def _turns_since(self, time_s: float) -> list[SpeakerTurn]:
        """The turns that can matter from a time on: until `finish`, none is longer than a chunk's core."""
        first = bisect_left(self._turns, time_s - CORE_S, key=lambda turn: turn.start)
        return self._turns[max(0, first - 1) :]

    def _segments(self, utterance: _Utterance, turns: TurnIndex) -> list[SpeakerSegment]:
        number = utterance.number
        words = utterance.words
        if len(self._splitters) > 1:
            words = tuple(replace(word, speaker_label=f"SPEAKER_{utterance.channel:02d}") for word in words)
        segments = []
        for part in attribute(words, turns):
            name = f"{self._clip_id}/{self._run}/{utterance.channel}/{number}"
            segments.append(
                SpeakerSegment(
                    id=str(uuid5(NAMESPACE_URL, name)),
                    audio_clip_id=self._clip_id,
                    start=part[0].start,
                    end=max(word.end for word in part),
                    speaker_label=part[0].speaker_label,
                    text=join_words(part, self._language(utterance.channel, part[0].start)),
                    words=part,
                )
            )
            number += len(part)
        return segments

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
