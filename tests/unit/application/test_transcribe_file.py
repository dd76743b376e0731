"""From a file to its transcript: what comes out, and what is left behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.adapters.outbound.jobs.memory import MemoryJobLedger
from app.adapters.outbound.persistence.memory import MemoryClipRepository, MemoryTranscriptRepository
from app.application.closing import closing
from app.application.delete_audio import DeleteAudio
from app.application.follow_job import FollowJob
from app.application.store_audio import StoreAudio
from app.application.submit_job import SubmitJob
from app.application.transcribe_file import TranscribeFile
from app.domain.errors import EngineUnavailable, InvalidAudio, InvalidOptions, JobCancelled, JobFailed
from app.domain.events import Cancelled, Done, Event, Failed, Outcome, Progress
from app.domain.options import TranscriptionOptions
from app.domain.transcript import Transcript
from tests.fakes import FakeClock, FakeDecoder, FolderAudioStore
from tests.unit.application.stage import OracleTranscriber

TRANSCRIPT = Transcript(clip_id="id-1", language="en", duration=12.5, segments=())
DONE = Done(transcript=TRANSCRIPT)


class Desk:
    """The use case, and all that it may leave something in. The first clip will be id-1."""

    def __init__(self, audio_store: FolderAudioStore, decoder: FakeDecoder | None = None) -> None:
        self.clips = MemoryClipRepository()
        self.transcripts = MemoryTranscriptRepository(self.clips)
        self.ledger = MemoryJobLedger(self.transcripts)
        self.audio_store = audio_store
        clock = FakeClock()
        self.transcribe_file = TranscribeFile(
            store_audio=StoreAudio(
                audio_store=audio_store, clips=self.clips, decoder=decoder or FakeDecoder(), clock=clock
            ),
            submit_job=SubmitJob(
                clips=self.clips, ledger=self.ledger, transcription=OracleTranscriber([]), clock=clock
            ),
            follow_job=FollowJob(ledger=self.ledger, linger_s=0),
            delete_audio=DeleteAudio(clips=self.clips, audio_store=audio_store, ledger=self.ledger),
        )

    def execute(self, *, keep: bool = True) -> AsyncIterator[Event]:
        return self.transcribe_file.execute("talk.wav", _content(), TranscriptionOptions(), keep=keep)

    async def work(self, outcome: Outcome) -> None:
        job = await self.ledger.claim()
        await self.ledger.append(job.id, job.attempt, [Progress(done_s=6.0, total_s=12.5)])
        await self.ledger.finish(job.id, job.attempt, outcome)

    async def run(self, outcome: Outcome, *, keep: bool = True) -> list[Event]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.work(outcome))
            return [event async for event in self.execute(keep=keep)]

    @property
    def left(self) -> int:
        return len(self.audio_store.kept) + len(self.clips.transcripts) + ("id-1" in self.clips)


async def _content() -> AsyncIterator[bytes]:
    yield b"sound"


@pytest.fixture
def desk(audio_store: FolderAudioStore) -> Desk:
    return Desk(audio_store)


async def test_the_events_of_the_job_come_and_done_is_the_last(desk: Desk) -> None:
    events = await desk.run(DONE)
    assert [event.type for event in events] == ["queued", "started", "progress", "done"]
    assert events[-1] == DONE


async def test_what_is_to_be_kept_is_kept(desk: Desk) -> None:
    await desk.run(DONE)
    assert (await desk.clips.get("id-1")).filename == "talk.wav"
    assert await desk.transcripts.get("id-1") == TRANSCRIPT
    assert desk.audio_store.kept == {"id-1"}


async def test_nothing_is_left_when_nothing_is_to_be_kept(desk: Desk) -> None:
    assert (await desk.run(DONE, keep=False))[-1] == DONE
    assert desk.left == 0


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (Failed(error="EngineFailed", message="it broke"), JobFailed),
        (Failed(error="InvalidAudio", message="noise", cause=InvalidAudio("noise")), InvalidAudio),
        (Cancelled(), JobCancelled),
    ],
)
async def test_what_goes_wrong_is_raised_and_nothing_is_left(
    desk: Desk, outcome: Outcome, error: type[Exception]
) -> None:
    with pytest.raises(ExceptionGroup) as raised:
        await desk.run(outcome)
    assert raised.group_contains(error)
    assert desk.left == 0


async def test_the_cause_is_raised_with_all_that_it_knows(desk: Desk) -> None:
    missing = EngineUnavailable("whisper", "its model is missing", "Get it")
    with pytest.raises(ExceptionGroup) as raised:
        await desk.run(Failed(error="EngineUnavailable", message=str(missing), cause=missing))
    assert raised.value.exceptions == (missing,)


async def test_a_recording_that_is_none_is_refused_and_not_kept(audio_store: FolderAudioStore) -> None:
    desk = Desk(audio_store, FakeDecoder(InvalidAudio("not audio")))
    with pytest.raises(InvalidAudio, match="not audio"):
        await anext(aiter(desk.execute()))
    assert desk.left == 0


async def test_options_that_the_engine_does_not_honour_leave_nothing_behind(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"sound")
    with pytest.raises(InvalidOptions, match="beam_size"):
        await anext(aiter(desk.transcribe_file.execute("talk.wav", path, TranscriptionOptions(beam_size=5))))
    assert desk.left == 0


async def test_a_reader_who_leaves_stops_the_work_and_nothing_is_left(desk: Desk) -> None:
    events = desk.execute()
    async with closing(events):
        assert (await anext(aiter(events))).type == "queued"
        job = await desk.ledger.claim()
    async with asyncio.timeout(5):
        await desk.ledger.until_cancelled(job.id, job.attempt)
    assert desk.left == 0
