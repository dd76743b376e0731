"""A stage on which finished work is kept, in memory or in a file that outlives its process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.application import TranscribeAudio
from app.application.closing import closing
from app.application.diarize_again import DiarizeAgain
from app.application.remembered import RememberedDiarization, RememberedTranscription
from app.domain.events import Event, Progress
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.ports import DiarizationPort, TranscriptionPort
from app.domain.transcript import Transcript
from tests.contract.stores import Store, opened_store
from tests.fixtures.transcripts import a_clip
from tests.unit.application.conversations import Conversation, conversation
from tests.unit.application.stage import (
    OracleDiarizer,
    OracleTranscriber,
    ToneDecoder,
    run,
    transcribe_audio,
    transcript_of,
)

ANYBODY = SpeakerHints()
TALK = conversation(minutes=4, speakers=3)


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store]:
    """The store of one process, with the clip "clip"."""
    async with opened_store(kind, folder) as store:
        if not (await store.clips.search()).items:
            await store.clips.add(a_clip("clip"))
        yield store


async def remembering(
    store: Store,
    transcription: TranscriptionPort,
    diarization: DiarizationPort,
    *,
    talk: Conversation = TALK,
    windows_in_flight: int | None = None,
) -> TranscribeAudio:
    """The use case with both engines remembered in the store."""
    return await transcribe_audio(
        ToneDecoder(talk.duration_s, talk.speech),
        RememberedTranscription(transcription, store.finished_work),
        RememberedDiarization(diarization, store.finished_work),
        windows_in_flight=windows_in_flight,
    )


async def transcribed(
    store: Store,
    transcription: TranscriptionPort,
    diarization: DiarizationPort,
    options: TranscriptionOptions | None = None,
    *,
    talk: Conversation = TALK,
) -> Transcript:
    """The transcript of a run, which is stored too."""
    use_case = await remembering(store, transcription, diarization, talk=talk)
    transcript = transcript_of(await run(use_case, options))
    await store.transcripts.save(transcript)
    return transcript


async def cut_short(use_case: TranscribeAudio, *, after_s: float) -> list[Event]:
    """Follow a run until both stages are through so much of the clip, and stop it there."""
    told: list[Event] = []
    done_s: dict[str, float] = {}
    async with closing(use_case.execute("clip", TranscriptionOptions())) as events:
        async for event in events:
            told.append(event)
            if isinstance(event, Progress):
                done_s[event.stage] = event.done_s
            if len(done_s) == 2 and min(done_s.values()) >= after_s:
                return told
    raise AssertionError("the run ended before")


async def again(
    store: Store, speakers: SpeakerHints = ANYBODY, *, threshold: float | None = None
) -> Transcript:
    """The speakers of the stored transcript told apart anew."""
    use_case = DiarizeAgain(transcripts=store.transcripts, finished_work=store.finished_work)
    return await use_case.execute("clip", speakers, threshold=threshold)


async def heard(store: Store, speakers: SpeakerHints = ANYBODY) -> Transcript:
    """The transcript of a run by engines that know everything."""
    return await transcribed(
        store,
        OracleTranscriber(TALK.words, language="en"),
        OracleDiarizer(TALK.turns),
        TranscriptionOptions(speakers=speakers),
    )
