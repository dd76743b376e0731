"""Stored recordings: found, heard, deleted."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.api.service import Service, spoken

UNKNOWN = [
    "nobody",
    "..",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%2e%2e",
    ".incoming",
    "%00",
    "%ff",
    "a" * 5000,
    "'; DROP TABLE clips; --",
]


async def test_a_clip_is_found_by_its_id(service: Service, clip_id: str) -> None:
    response = await service.client.get(f"/api/audio/{clip_id}")
    clip = response.json()
    assert (response.status_code, clip["clip_id"], clip["filename"]) == (200, clip_id, "spoken.wav")
    assert clip == (await service.clips())[0]


async def test_clips_are_listed_newest_first_a_page_at_a_time(service: Service, tmp_path: Path) -> None:
    ids = [await service.store(spoken(tmp_path, f"{i}.wav", duration=0.5)) for i in range(3)]
    first = (await service.client.get("/api/audio?limit=2")).json()
    second = (
        await service.client.get("/api/audio", params={"limit": 2, "cursor": first["next_cursor"]})
    ).json()
    assert [clip["clip_id"] for clip in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


async def test_clips_are_found_by_file_name(service: Service, tmp_path: Path) -> None:
    for name in ("Interview 1.wav", "100% talk.wav"):
        await service.store(spoken(tmp_path, name, duration=0.5))
    for q, names in [("INTERVIEW", ["Interview 1.wav"]), ("%", ["100% talk.wav"]), ("nothing", [])]:
        found = (await service.client.get("/api/audio", params={"q": q})).json()["items"]
        assert [clip["filename"] for clip in found] == names


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("page=2", "page"),
    ],
)
async def test_a_list_that_cannot_be_had_is_refused_by_name(service: Service, query: str, named: str) -> None:
    response = await service.client.get(f"/api/audio?{query}")
    problem = response.json()
    assert response.status_code == 422
    assert named in (problem.get("option"), *(error["name"] for error in problem.get("errors", [])))


async def test_a_recording_comes_back_as_it_came(service: Service, content: bytes, clip_id: str) -> None:
    response = await service.client.get(f"/api/audio/{clip_id}/content")
    clip = (await service.clips())[0]
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == clip["media_type"]
    assert response.headers["etag"] == f'"{clip["sha256"]}"'
    assert response.headers["content-disposition"] == 'attachment; filename="spoken.wav"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-99", slice(0, 100)), ("bytes=1000-", slice(1000, None)), ("bytes=-10", slice(-10, None))],
)
async def test_a_part_of_a_recording_can_be_had(
    service: Service, content: bytes, clip_id: str, wanted: str, part: slice
) -> None:
    response = await service.client.get(f"/api/audio/{clip_id}/content", headers={"Range": wanted})
    assert (response.status_code, response.content) == (206, content[part])
    assert response.headers["content-range"].endswith(f"/{len(content)}")


async def test_a_part_that_is_not_there_is_refused(service: Service, clip_id: str) -> None:
    response = await service.client.get(f"/api/audio/{clip_id}/content", headers={"Range": "bytes=99999999-"})
    assert response.status_code == 416


async def test_a_part_of_another_version_is_not_sent(service: Service, content: bytes, clip_id: str) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    response = await service.client.get(f"/api/audio/{clip_id}/content", headers=headers)
    assert (response.status_code, response.content) == (200, content)


async def test_what_the_client_has_already_is_not_sent_again(service: Service, clip_id: str) -> None:
    url = f"/api/audio/{clip_id}/content"
    etag = (await service.client.get(url)).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        response = await service.client.get(url, headers={"If-None-Match": known})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert (await service.client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_player_can_ask_for_the_size_alone(service: Service, content: bytes, clip_id: str) -> None:
    response = await service.client.head(f"/api/audio/{clip_id}/content")
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(content)


@pytest.mark.parametrize("name", ["Gespräch 1.wav", "50% of it.wav"])
async def test_a_file_name_with_any_letters_comes_back(service: Service, tmp_path: Path, name: str) -> None:
    clip_id = await service.store(spoken(tmp_path, name))
    response = await service.client.get(f"/api/audio/{clip_id}/content")
    assert response.headers["content-disposition"] == f"attachment; filename*=utf-8''{quote(name)}"


async def test_deleting_a_clip_deletes_all_that_was_made_of_it(service: Service, clip_id: str) -> None:
    await service.client.post(f"/api/transcribe/{clip_id}")
    response = await service.client.delete(f"/api/audio/{clip_id}")
    assert (response.status_code, response.content) == (204, b"")
    for path in ("audio/{}", "audio/{}/content", "transcription/{}", "transcription/stream/{}"):
        assert (await service.client.get("/api/" + path.format(clip_id))).status_code == 404
    assert service.files() == []
    assert await service.clips() == []
    assert (await service.client.delete(f"/api/audio/{clip_id}")).status_code == 404


@pytest.mark.parametrize("unknown", UNKNOWN)
async def test_an_id_that_nobody_has_is_not_found_wherever_it_is_sent(service: Service, unknown: str) -> None:
    for method, path in [
        ("GET", "/api/audio/{}"),
        ("GET", "/api/audio/{}/content"),
        ("DELETE", "/api/audio/{}"),
        ("POST", "/api/transcribe/{}"),
        ("POST", "/api/transcribe?clip_id={}"),
        ("GET", "/api/transcribe/{}/stream"),
        ("GET", "/api/transcription/{}"),
        ("GET", "/api/transcription/stream/{}"),
        ("DELETE", "/api/transcription/{}"),
    ]:
        response = await service.client.request(method, path.format(unknown))
        # Dots are resolved by the client itself, and then another route may be meant.
        assert response.status_code in ({404, 405} if unknown == ".." else {404}), (method, path)
        assert response.headers["content-type"] == "application/problem+json"
        assert "root:" not in response.text
