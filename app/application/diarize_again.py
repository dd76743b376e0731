"""Tell the speakers of a transcript apart anew, with other hints and without hearing the recording again."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from app.application.name_speakers import name_speakers
from app.application.run_ports import run_key
from app.domain.assembly import TranscriptAssembler
from app.domain.chunks import ChunkPlanner
from app.domain.diarization import ChunkDiarization
from app.domain.errors import Conflict, InvalidOptions
from app.domain.finished_work import ChunkKey, EngineIdentity
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.ports import FinishedWork, TranscriptRepository, VoiceRepository
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerSegment, Transcript, Word, join_words

AGAIN = "transcribe it again with diarize=true; what was recognized before is not recognized again"

_MENDED = frozenset({"diarization_failed", "diarization_unavailable", "known_voices_unavailable"})
_SPACED, _UNSPACED = "en", "zh"

Chunks = Sequence[tuple[ChunkDiarization, TimeRange]]


class DiarizeAgain:
    """Joins the words of a clip's transcript and what was found in its chunks to a new transcript."""

    def __init__(
        self,
        *,
        transcripts: TranscriptRepository,
        finished_work: FinishedWork,
        voices: VoiceRepository | None = None,
    ) -> None:
        self._transcripts = transcripts
        self._finished_work = finished_work
        self._voices = voices

    async def execute(
        self, clip_id: str, hints: SpeakerHints, *, threshold: float | None = None
    ) -> Transcript:
        """The new transcript, which takes the place of the stored one: as a run with these hints tells it.

        `threshold` is the cosine, between 0 and 1, from which two voices are one person's; None leaves
        it to the embedding model. Raises `InvalidOptions`, `NotFound` without a transcript, and
        `Conflict` when it was made without diarization or its chunks are not all kept.
        """
        if threshold is not None and not 0 < threshold < 1:
            raise InvalidOptions("threshold", f"must be between 0 and 1, got {threshold}")
        transcript = await self._transcripts.get(clip_id)
        options = _options_of(transcript)
        chunks = await self._chunks(transcript)
        # Of channels that carry one sound a run has made one.
        options = replace(options, channels="mix", speakers=hints)
        # For ten hours that takes seconds: the event loop must not wait for it.
        assembler = await asyncio.to_thread(_assembled, transcript, options, chunks, threshold)
        await name_speakers(assembler, self._voices)
        renewed = replace(
            transcript,
            segments=assembler.segments,
            turns=assembler.turns,
            warnings=tuple(each for each in transcript.warnings if each.code not in _MENDED),
            options=options,
        )
        await self._transcripts.save(renewed)
        return renewed

    async def _chunks(self, transcript: Transcript) -> Chunks:
        """What was found in each chunk, and its core, in order of time. Raises `Conflict`."""
        engine = EngineIdentity.of(transcript.engine["diarization"].info)
        kept = [key for key in await self._finished_work.chunks(transcript.clip_id) if key.engine == engine]
        found = []
        for key in _covering(kept, transcript.duration):
            chunk = await self._finished_work.chunk(key)
            if chunk is None:
                raise Conflict(f"what was found on the clip is no longer readable: {AGAIN}")
            found.append((chunk, key.core))
        return found


def _options_of(transcript: Transcript) -> TranscriptionOptions:
    """What the transcript was made with. Raises `Conflict` where its speakers cannot be told apart again."""
    options = transcript.options
    if options is not None and options.channels == "split" and "diarization" not in transcript.engine:
        raise Conflict("each channel is a speaker of its own: transcribe the clip again with channels=mix")
    if options is None or "diarization" not in transcript.engine:
        raise Conflict(f"the clip's speakers were not told apart: {AGAIN}")
    if any(not segment.words for segment in transcript.segments):
        raise Conflict("the words have no times: transcribe the clip again with word_timestamps=true")
    return options


def _covering(kept: Iterable[ChunkKey], duration_s: float) -> list[ChunkKey]:
    """A key for each chunk of the clip, in order of time. Raises `Conflict` where one is missing.

    What was found without a bound is best, then within the widest, then what was found last.
    """
    best: dict[TimeRange, ChunkKey] = {}
    for key in kept:
        rival = best.get(key.core)
        if rival is None or _width(key) >= _width(rival):
            best[key.core] = key
    cores = [plan.core for plan in ChunkPlanner().finish(duration_s)]
    if any(core not in best for core in cores):
        raise Conflict(f"what was found on the clip is not kept for all of it: {AGAIN}")
    return [best[core] for core in cores]


def _width(key: ChunkKey) -> float:
    return float("inf") if key.max_speakers is None else key.max_speakers


def _assembled(
    transcript: Transcript, options: TranscriptionOptions, chunks: Chunks, threshold: float | None
) -> TranscriptAssembler:
    run = run_key(options, transcript.engine)
    assembler = TranscriptAssembler(
        clip_id=transcript.clip_id,
        run=run if threshold is None else f"{run} threshold={threshold}",
        diarize=True,
        hints=options.speakers,
        least_likeness=threshold,
        streams=False,
    )
    for found, core in chunks:
        assembler.add_chunk(found, core)
    # In order of time: where people interrupt each other, segments interleave.
    said = [
        (_unlabelled(word), language)
        for segment in transcript.segments
        for language in [_written(segment, transcript.language)]
        for word in segment.words
    ]
    said.sort(key=lambda each: each[0].start)
    for language, part in groupby(said, lambda each: each[1]):
        words = [word for word, _ in part]
        assembler.add_words(words, heard_until_s=words[0].start, language=language)
    assembler.finish()
    return assembler


def _unlabelled(word: Word) -> Word:
    """The word as the engine told it, without what attribution has found."""
    return Word(
        word=word.word, start=word.start, end=word.end, probability=word.probability, timing=word.timing
    )


def _written(segment: SpeakerSegment, language: str | None) -> str | None:
    """A language that writes as the segment does; a transcript may be of several, and has one name."""
    for code in (language, _SPACED, _UNSPACED):
        if join_words(segment.words, code) == segment.text:
            return code
    return language
