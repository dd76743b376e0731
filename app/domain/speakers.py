"""One identity per person: from local speakers and voice samples of chunks to labels of the whole clip."""

from dataclasses import replace

import numpy as np

from app.domain.diarization import ChunkDiarization
from app.domain.options import SpeakerHints
from app.domain.presences import at_once, presences, voices_of
from app.domain.settling import LinkedChunk, Said, Settled, label_of, nearest, settled
from app.domain.speaker_sureness import SpeakerSureness
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn
from app.domain.voice_clusters import MOST_PEOPLE, ChunkVoices, place
from app.domain.voices import Voiceprint

MOST_SAMPLES = 4096
"""When there are more voice samples, every two neighbours of a local speaker become one. Each takes 1 kB."""


class SpeakerLinker:
    """Knows people again from chunk to chunk of one clip.

    `link` tells at once who speaks in a chunk, by what was heard so far; `settle` decides again when
    all chunks are in. Two local speakers of a chunk are two people, unless they are more alike than
    two people are and never talk at once, or an explicit number of speakers (`hints.at_most`) leaves
    no other way. `least_likeness` is the cosine from which two long stretches of speech are one
    person's; by default it depends on the embedding model (`voice_likeness`). Embeddings of
    different models are never compared. Keeps turns and voice samples, no sound.
    """

    def __init__(self, hints: SpeakerHints, *, least_likeness: float | None = None) -> None:
        self._hints = hints
        self._least = least_likeness
        self._chunks: list[LinkedChunk] = []
        self._people = voices_of([], least_likeness)
        self._labels: dict[int, str] = {}
        self._last = 0
        self._samples, self._most_samples = 0, MOST_SAMPLES
        self._settled = Settled()

    @property
    def sureness(self) -> SpeakerSureness:
        """How sure the turns of the last `settle` are."""
        return self._settled.sureness

    def voices(self) -> dict[str, Voiceprint]:
        """How the speakers of the last `settle` sound, by label: those with a voice sample."""
        return dict(self._settled.voices)

    def link(self, chunk: ChunkDiarization, core: TimeRange) -> list[SpeakerTurn]:
        """The chunk's turns within its core, in order, with provisional labels.

        Chunks come in order of time. A label once given stays the same person's until `settle`.
        """
        everybody = presences(chunk, core)
        voiced = [presence for presence in everybody if presence.heard]
        voices, known = voices_of(voiced, self._least), len(self._people)
        flags = at_once(voiced)
        room = (self._hints.at_most or MOST_PEOPLE) - known
        numbers = place(ChunkVoices(voices, flags), self._people, voices.margins(self._people), room=room)
        self._people = (self._people + voices).by_number(np.concatenate([np.arange(known), numbers]))
        said = [Said(turn, int(n)) for one, n in zip(voiced, numbers, strict=True) for turn in one.turns]
        voiceless = [turn for one in everybody if not one.heard for turn in one.turns]
        said += [Said(turn, nearest(turn, said, self._last)) for turn in voiceless]
        self._keep(LinkedChunk(tuple(voiced), flags, numbers, tuple(voiceless), core.end))
        said.sort()
        for one in said:
            self._labels.setdefault(one.person, label_of(len(self._labels)))
            self._last = one.person
        return [
            SpeakerTurn(start=one.range.start, end=one.range.end, speaker_label=self._labels[one.person])
            for one in said
        ]

    def settle(self, hints: SpeakerHints) -> list[SpeakerTurn]:
        """All turns of the clip in order, with final labels numbered by first appearance.

        `num_speakers` is met exactly, and the bounds are kept, whenever there are voice samples
        enough. May be called again with other hints.
        """
        self._settled = settled(self._chunks, hints, self._least)
        return list(self._settled.turns)

    def _keep(self, chunk: LinkedChunk) -> None:
        self._chunks.append(chunk)
        self._samples += _count_samples([chunk])
        if self._samples > self._most_samples:
            self._chunks = [
                replace(one, voiced=tuple(presence.thinned() for presence in one.voiced))
                for one in self._chunks
            ]
            self._samples = _count_samples(self._chunks)
            # Where not much more than one of each is left, the next time is not to come at once.
            self._most_samples = max(MOST_SAMPLES, 2 * self._samples)


def _count_samples(chunks: list[LinkedChunk]) -> int:
    return sum(len(presence.heard) for chunk in chunks for presence in chunk.voiced)
