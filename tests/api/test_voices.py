"""Known voices over HTTP."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.service import Service, lines_of, serving, spoken

# On every recording the second person speaks from second 1 on.
SECOND = {"start": 1.0, "end": 8.0}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return spoken(tmp_path, duration=8.0)


async def enrol(service: Service, clip_id: str, name: str = "Anna Berg", **part: Any) -> httpx.Response:
    return await service.client.post(
        "/api/voices", json={"name": name, "clip_id": clip_id, **(part or SECOND)}
    )


async def test_a_voice_that_was_enrolled_is_named_in_transcripts(service: Service, clip_id: str) -> None:
    response = await enrol(service, clip_id)
    assert response.status_code == 201
    voice = response.json()
    assert voice == {
        "voice_id": voice["voice_id"],
        "name": "Anna Berg",
        "created_at": voice["created_at"],
        "learnt": [{"model": "clock", "seconds": 7.0}],
        "mistakable_for": [],
    }
    transcript = (await service.client.post(f"/api/transcribe/{clip_id}")).json()
    assert transcript["speakers"] == ["SPEAKER_00", "Anna Berg"]
    assert [segment["speaker_label"] for segment in transcript["segments"]] == ["SPEAKER_00", "Anna Berg"]
    assert {word["speaker_label"] for word in transcript["segments"][1]["words"]} == {"Anna Berg"}
    rttm = await service.client.get(f"/api/transcription/{clip_id}", params={"format": "rttm"})
    assert " Anna_Berg " in rttm.text


async def test_streams_tell_the_name_as_a_relabelling(service: Service, clip_id: str) -> None:
    await enrol(service, clip_id)
    stream = await service.client.post(f"/api/transcribe/{clip_id}/stream")
    relabelled = [line["labels"] for line in lines_of(stream.text) if line["type"] == "relabel"]
    assert relabelled == [{"SPEAKER_01": "Anna Berg"}]


async def test_a_stored_transcript_that_is_diarized_anew_learns_the_name(
    service: Service, clip_id: str
) -> None:
    assert (await service.client.post(f"/api/transcribe/{clip_id}")).json()["speakers"][1] == "SPEAKER_01"
    await enrol(service, clip_id)
    anew = await service.client.post(f"/api/transcription/{clip_id}/diarize")
    assert anew.status_code == 200, anew.text
    assert anew.json()["speakers"] == ["SPEAKER_00", "Anna Berg"]


async def test_voices_are_listed_and_deleted(service: Service, clip_id: str) -> None:
    voice = (await enrol(service, clip_id)).json()
    del voice["mistakable_for"]
    assert (await service.client.get("/api/voices")).json() == {"items": [voice]}
    assert (await service.client.delete(f"/api/voices/{voice['voice_id']}")).status_code == 204
    assert (await service.client.get("/api/voices")).json() == {"items": []}
    gone = await service.client.delete(f"/api/voices/{voice['voice_id']}")
    assert (gone.status_code, gone.json()["kind"]) == (404, "voice")
    transcript = (await service.client.post(f"/api/transcribe/{clip_id}")).json()
    assert transcript["speakers"] == ["SPEAKER_00", "SPEAKER_01"]


async def test_the_same_name_again_is_added_to(service: Service, clip_id: str) -> None:
    first = await enrol(service, clip_id)
    again = await enrol(service, clip_id, "anna berg")
    assert again.status_code == 200
    assert again.json()["voice_id"] == first.json()["voice_id"]
    assert again.json()["name"] == "Anna Berg"
    assert again.json()["learnt"] == [{"model": "clock", "seconds": 14.0}]


async def test_a_voice_outlives_the_recording_and_the_service(tmp_path: Path, recording: Path) -> None:
    async with serving(tmp_path / "service") as service:
        clip_id = await service.store(recording)
        await enrol(service, clip_id)
        assert (await service.client.delete(f"/api/audio/{clip_id}")).status_code == 204
    async with serving(tmp_path / "service") as service:
        (voice,) = (await service.client.get("/api/voices")).json()["items"]
        assert voice["name"] == "Anna Berg"


async def test_who_sounds_like_somebody_known_is_told_of(service: Service, clip_id: str) -> None:
    await enrol(service, clip_id)
    assert (await enrol(service, clip_id, "Hanna")).json()["mistakable_for"] == ["Anna Berg"]


@pytest.mark.parametrize(
    ("name", "part", "problem", "reason"),
    [
        ("Anna", {"start": 0.0, "end": 1.0}, "InvalidAudio", "1.0 s of one voice"),
        ("Anna", {"start": 0.0, "end": 3.0}, "InvalidAudio", "only one person speaks"),
        ("Anna", {"start": 8.0}, "InvalidOptions", "start"),
        ("Anna", {"start": 5.0, "end": 4.0}, "InvalidOptions", "end"),
        ("  ", {"start": 1.0}, "InvalidOptions", "name"),
        ("SPEAKER_00", {"start": 1.0}, "InvalidOptions", "name"),
        ("a\nb", {"start": 1.0}, "InvalidOptions", "name"),
    ],
)
async def test_what_is_no_voice_or_no_name_is_a_422_that_says_what_to_do(
    service: Service, clip_id: str, name: str, part: dict[str, float], problem: str, reason: str
) -> None:
    response = await enrol(service, clip_id, name, **part)
    assert response.status_code == 422
    assert response.json()["type"] == f"urn:diarist:problem:{problem}"
    assert reason in response.json()["detail"]
    assert (await service.client.get("/api/voices")).json() == {"items": []}


async def test_requests_that_miss_something_or_say_too_much_are_refused(
    service: Service, clip_id: str
) -> None:
    assert (await enrol(service, "no-such-clip")).status_code == 404
    for body in ({"name": "Anna"}, {"clip_id": clip_id}, {"name": "Anna", "clip_id": clip_id, "begin": 1}):
        assert (await service.client.post("/api/voices", json=body)).status_code == 422
