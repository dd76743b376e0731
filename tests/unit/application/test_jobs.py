"""Submitting, running and following jobs, over the memory ledger."""

import asyncio

import pytest

from app.domain.errors import EngineFailed, InvalidOptions, JobCancelled, JobFailed, NotFound
from app.domain.events import Done, Failed, Segment, fold
from app.domain.jobs import JobState
from app.domain.options import TranscriptionOptions
from app.domain.transcript import Transcript
from tests.unit.application.desk import OPTIONS, SEGMENT, TRANSCRIPT, Desk, PlayedRun
from tests.unit.application.stage import until


async def test_a_job_ends_with_its_transcript_stored_and_its_log_telling_it() -> None:
    async with Desk(PlayedRun(Segment(segment=SEGMENT), Done(transcript=TRANSCRIPT))) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        logged = [logged async for logged in desk.follow.execute(job.id)]
        assert [item.event.type for item in logged] == ["queued", "started", "progress", "segment", "done"]
        assert [item.seq for item in logged] == [1, 2, 3, 4, 5]
        assert await desk.transcripts.get("clip") == TRANSCRIPT
        assert fold(item.event for item in logged) == TRANSCRIPT
        assert (await desk.ledger.get(job.id)).state is JobState.DONE


async def test_a_late_reader_gets_what_it_missed() -> None:
    async with Desk(PlayedRun(Segment(segment=SEGMENT), Done(transcript=TRANSCRIPT))) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        assert await desk.follow.transcript(job.id) == TRANSCRIPT
        assert [item.seq async for item in desk.follow.execute(job.id, after=3)] == [4, 5]


async def test_two_who_ask_for_the_same_share_one_run() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played) as desk:
        first, second = [await desk.submit.execute("clip", OPTIONS) for _ in range(2)]
        other = await desk.submit.execute("clip", TranscriptionOptions(diarize=False))
        assert first.id == second.id != other.id
        played.gate.set()
        both = await asyncio.gather(desk.follow.transcript(first.id), desk.follow.transcript(second.id))
        assert both == [TRANSCRIPT, TRANSCRIPT]
        await desk.follow.transcript(other.id)
        assert played.started == 2


async def test_what_goes_wrong_is_told_to_who_waits() -> None:
    async with Desk(PlayedRun(failure=EngineFailed("oracle", "lost its tongue"))) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        with pytest.raises(JobFailed, match="lost its tongue") as failure:
            await desk.follow.transcript(job.id)
        assert failure.value.error == "EngineFailed"


async def test_a_bug_fails_the_job_without_telling_its_insides_and_the_worker_lives_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    played = PlayedRun(failure=ZeroDivisionError("secret words"))
    async with Desk(played) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        with pytest.raises(JobFailed, match="unexpected error") as failure:
            await desk.follow.transcript(job.id)
        assert failure.value.error == "InternalError"
        assert "secret" not in failure.value.message
        assert "ZeroDivisionError" in caplog.text
        played.failure, played.events = None, (Done(transcript=TRANSCRIPT),)
        again = await desk.submit.execute("clip", OPTIONS)
        assert await desk.follow.transcript(again.id) == TRANSCRIPT


async def test_a_transcript_that_cannot_be_kept_still_ends_its_job(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: Transcript) -> None:
        raise OSError("the disk is gone")

    async with Desk(PlayedRun(Done(transcript=TRANSCRIPT))) as desk:
        monkeypatch.setattr(desk.transcripts, "save", broken)
        job = await desk.submit.execute("clip", OPTIONS)
        with pytest.raises(JobFailed) as failure:
            await desk.follow.transcript(job.id)
        assert failure.value.error == "InternalError"
        assert "the disk is gone" in caplog.text


async def test_a_failure_keeps_nothing_of_its_run_alive() -> None:
    async with Desk(PlayedRun(failure=EngineFailed("oracle", "lost its tongue"))) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        *_, last = [logged async for logged in desk.follow.execute(job.id)]
        assert isinstance(last.event, Failed)
        assert last.event.cause is not None
        assert last.event.cause.__traceback__ is None


async def test_a_transcript_whose_clip_is_gone_fails_its_job() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        await until(lambda: played.started == 1)
        await desk.clips.delete("clip")
        played.gate.set()
        with pytest.raises(JobFailed) as failure:
            await desk.follow.transcript(job.id)
        assert failure.value.error == "NotFound"


async def test_a_cancelled_job_stops_and_says_so() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        await until(lambda: played.started == 1)
        await desk.ledger.cancel(job.id)
        with pytest.raises(JobCancelled):
            await desk.follow.transcript(job.id)
        assert played.ended == 1
        with pytest.raises(NotFound):
            await desk.transcripts.get("clip")


async def test_a_job_is_cancelled_when_its_last_reader_has_been_gone_for_a_while() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played, linger_s=0.0) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        stays, leaves = desk.follow.execute(job.id), desk.follow.execute(job.id)
        await anext(stays)
        await anext(leaves)
        await until(lambda: played.started == 1)
        await leaves.aclose()  # type: ignore[attr-defined]
        for _ in range(20):
            await asyncio.sleep(0)
        assert played.ended == 0, "somebody still reads"
        await stays.aclose()  # type: ignore[attr-defined]
        await until(lambda: played.ended == 1)
        with pytest.raises(JobCancelled):
            await desk.follow.transcript(job.id)


async def test_a_reader_who_returns_in_time_keeps_the_job_alive() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played, linger_s=60.0) as desk:
        job = await desk.submit.execute("clip", OPTIONS)
        leaves = desk.follow.execute(job.id)
        await anext(leaves)
        await leaves.aclose()  # type: ignore[attr-defined]
        timer = desk.follow._leaving[job.id]
        returns = asyncio.create_task(desk.follow.transcript(job.id))
        await until(timer.cancelled)
        assert desk.follow._leaving == {}, "who leaves again gets the whole time again"
        played.gate.set()
        assert await returns == TRANSCRIPT


async def test_a_detached_job_needs_no_reader() -> None:
    played = PlayedRun(Done(transcript=TRANSCRIPT))
    played.gate.clear()
    async with Desk(played, linger_s=0.0) as desk:
        job = await desk.submit.execute("clip", OPTIONS, detached=True)
        leaves = desk.follow.execute(job.id)
        await anext(leaves)
        await leaves.aclose()  # type: ignore[attr-defined]
        played.gate.set()
        assert await desk.follow.transcript(job.id) == TRANSCRIPT


async def test_what_could_never_run_is_refused_before_it_is_queued() -> None:
    async with Desk(PlayedRun()) as desk:
        with pytest.raises(NotFound):
            await desk.submit.execute("nobody", OPTIONS)
        with pytest.raises(InvalidOptions):
            await desk.submit.execute("clip", TranscriptionOptions(task="translate"))
