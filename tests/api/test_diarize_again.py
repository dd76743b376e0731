"""New speaker hints on stored work, over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.engines import SteeredTranscriber
from tests.api.service import Service, serving, spoken


@pytest.fixture
async def transcribed(service: Service, clip_id: str) -> str:
    assert (await service.client.post(f"/api/transcribe/{clip_id}")).status_code == 200
    return clip_id


def speakers(transcript: dict[str, Any]) -> list[tuple[str, str]]:
    return [(segment["speaker_label"], segment["text"]) for segment in transcript["segments"]]


async def test_another_speaker_count_gives_a_new_transcript_without_new_recognition(
    service: Service, transcribed: str
) -> None:
    url = f"/api/transcription/{transcribed}"
    before = (await service.client.get(url)).json()
    calls = service.engine.calls
    response = await service.client.post(f"{url}/diarize?num_speakers=1")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert speakers(before) == [("SPEAKER_00", "good morning."), ("SPEAKER_01", "hello there.")]
    assert speakers(response.json()) == [("SPEAKER_00", "good morning."), ("SPEAKER_00", "hello there.")]
    assert (await service.client.get(url)).text == response.text
    assert service.engine.calls == calls
    assert (await service.client.post(f"{url}/diarize")).json() == before


async def test_it_is_what_transcribing_with_that_count_gives(service: Service, transcribed: str) -> None:
    renewed = await service.client.post(f"/api/transcription/{transcribed}/diarize?max_speakers=1")
    calls = service.engine.calls
    rerun = await service.client.post(f"/api/transcribe/{transcribed}?max_speakers=1")
    assert renewed.text == rerun.text
    assert service.engine.calls == calls, "its words were known"


async def test_a_threshold_decides_who_is_one_person(service: Service, transcribed: str) -> None:
    response = await service.client.post(f"/api/transcription/{transcribed}/diarize?threshold=0.01")
    assert response.status_code == 200
    assert response.json()["speakers"] == ["SPEAKER_00", "SPEAKER_01"], "their voices have nothing in common"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("num_speakers=0", "num_speakers"),
        ("num_speakers=65", "num_speakers"),
        ("num_speakers=many", "num_speakers"),
        ("min_speakers=3&max_speakers=2", "min_speakers"),
        ("num_speakers=2&max_speakers=2", "num_speakers"),
        ("threshold=0", "threshold"),
        ("threshold=1", "threshold"),
        ("threshold=nan", "threshold"),
        ("threshold=high", "threshold"),
        ("speakers=2", "speakers"),
    ],
)
async def test_an_impossible_hint_is_refused_by_name(
    service: Service, transcribed: str, query: str, named: str
) -> None:
    before = (await service.client.get(f"/api/transcription/{transcribed}")).text
    response = await service.client.post(f"/api/transcription/{transcribed}/diarize?{query}")
    problem = response.json()
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert named in (problem.get("option"), *(error["name"] for error in problem.get("errors", [])))
    assert (await service.client.get(f"/api/transcription/{transcribed}")).text == before


async def test_more_speakers_than_the_voices_allow_is_an_honest_result(
    service: Service, transcribed: str
) -> None:
    response = await service.client.post(f"/api/transcription/{transcribed}/diarize?num_speakers=64")
    assert response.status_code == 200
    assert response.json()["speakers"] == ["SPEAKER_00", "SPEAKER_01"]


async def test_what_is_not_there_cannot_be_renewed(service: Service, clip_id: str) -> None:
    for unknown in ("nobody", clip_id):
        response = await service.client.post(f"/api/transcription/{unknown}/diarize")
        assert (response.status_code, response.json()["kind"]) == (404, "transcript")


@pytest.mark.parametrize(
    ("query", "remedy"),
    [("diarize=false", "diarize=true"), ("word_timestamps=false", "word_timestamps=true")],
)
async def test_a_transcript_that_lacks_what_it_takes_is_a_conflict_with_a_remedy(
    service: Service, clip_id: str, query: str, remedy: str
) -> None:
    await service.client.post(f"/api/transcribe/{clip_id}?{query}")
    response = await service.client.post(f"/api/transcription/{clip_id}/diarize?num_speakers=2")
    problem = response.json()
    assert (response.status_code, problem["type"]) == (409, "urn:diarist:problem:Conflict")
    assert remedy in problem["detail"]
    calls = service.engine.calls
    await service.client.post(f"/api/transcribe/{clip_id}?{remedy}")
    assert service.engine.calls == calls, "no word is recognized again"
    response = await service.client.post(f"/api/transcription/{clip_id}/diarize?num_speakers=2")
    assert response.status_code == 200


async def test_it_outlives_the_service(tmp_path: Path) -> None:
    async with serving(tmp_path, real_storage=True) as service:
        clip_id = await service.store(spoken(tmp_path))
        first = await service.client.post(f"/api/transcribe/{clip_id}")
    async with serving(tmp_path, real_storage=True, engine=SteeredTranscriber()) as service:
        url = f"/api/transcription/{clip_id}/diarize"
        assert (await service.client.post(f"{url}?num_speakers=1")).json()["speakers"] == ["SPEAKER_00"]
        assert (await service.client.post(url)).text == first.text
        assert (await service.client.post(f"/api/transcribe/{clip_id}")).text == first.text
        assert service.engine.calls == 0
        assert (await service.client.delete(f"/api/audio/{clip_id}")).status_code == 204
        assert (await service.client.post(url)).status_code == 404


async def test_who_deletes_the_transcript_has_it_made_from_scratch(
    service: Service, transcribed: str
) -> None:
    calls = service.engine.calls
    await service.client.delete(f"/api/transcription/{transcribed}")
    await service.client.post(f"/api/transcribe/{transcribed}")
    assert service.engine.calls == 2 * calls
