"""Stored transcripts in every format."""

import pytest

from app.adapters.inbound.rest.negotiation import format_for
from app.application.formats import FORMATS
from tests.api.service import Service


@pytest.fixture
async def transcribed(service: Service, clip_id: str) -> str:
    assert (await service.client.post(f"/api/transcribe/{clip_id}")).status_code == 200
    return clip_id


@pytest.mark.parametrize(
    ("name", "media_type", "beginning"),
    [
        ("json", "application/json", '{"clip_id"'),
        ("txt", "text/plain; charset=utf-8", "SPEAKER_00: good"),
        ("srt", "application/x-subrip", "1\n00:00:00,200 --> "),
        ("vtt", "text/vtt; charset=utf-8", "WEBVTT\n"),
        ("tsv", "text/tab-separated-values; charset=utf-8", "start\tend\t"),
        ("rttm", "text/plain; charset=utf-8", "SPEAKER "),
        ("ctm", "text/plain; charset=utf-8", ""),
    ],
)
async def test_a_transcript_can_be_had_in_every_format(
    service: Service, transcribed: str, name: str, media_type: str, beginning: str
) -> None:
    response = await service.client.get(f"/api/transcription/{transcribed}?format={name}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"] == f'inline; filename="{transcribed}.{name}"'
    assert response.text.startswith(beginning)
    assert transcribed in response.text if name in ("rttm", "ctm", "json") else "good" in response.text


def test_no_format_is_forgotten_here() -> None:
    assert set(FORMATS) == {"json", "txt", "srt", "vtt", "tsv", "rttm", "ctm"}


async def test_the_accept_header_decides_when_no_format_is_named(service: Service, transcribed: str) -> None:
    url = f"/api/transcription/{transcribed}"
    captions = await service.client.get(url, headers={"Accept": "text/vtt"})
    assert captions.text.startswith("WEBVTT")
    assert captions.headers["vary"] == "Accept"
    named = await service.client.get(f"{url}?format=srt", headers={"Accept": "text/vtt"})
    assert named.headers["content-type"] == "application/x-subrip"


async def test_what_nobody_can_write_is_not_acceptable(service: Service, transcribed: str) -> None:
    response = await service.client.get(
        f"/api/transcription/{transcribed}", headers={"Accept": "application/pdf"}
    )
    assert response.status_code == 406
    assert "text/vtt" in response.json()["detail"]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("application/json", "json"),
        ("Application/JSON; charset=utf-8", "json"),
        ("text/plain", "txt"),
        ("text/*", "txt"),
        ("application/x-subrip", "srt"),
        ("text/vtt;q=0.9, text/plain;q=0.5", "vtt"),
        ("text/tab-separated-values", "tsv"),
        ("text/*;q=0.5, text/plain;q=0", "vtt"),
        ("application/json;q=0, */*", "txt"),
        ("application/pdf", None),
        ("*/*;q=0", None),
        ("text/vtt;q=nonsense", None),
        (";,;q=1", None),
    ],
)
def test_the_best_format_for_an_accept_header(accept: str, name: str | None) -> None:
    assert format_for(accept) == name


async def test_captions_can_be_laid_out_otherwise(service: Service, transcribed: str) -> None:
    url = f"/api/transcription/{transcribed}?format=srt"
    usual = await service.client.get(url)
    narrow = await service.client.get(f"{url}&max_line_width=10&max_line_count=1&max_cue_s=1")
    assert narrow.text.count("-->") > usual.text.count("-->")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("format=docx", "format"),
        ("max_line_width=1", "max_line_width"),
        ("max_line_count=0", "max_line_count"),
        ("max_cue_s=nan", "max_cue_s"),
        ("max_cue_s=wide", "max_cue_s"),
        ("fromat=srt", "fromat"),
    ],
)
async def test_a_format_that_cannot_be_had_is_refused_by_name(
    service: Service, transcribed: str, query: str, named: str
) -> None:
    response = await service.client.get(f"/api/transcription/{transcribed}?{query}")
    problem = response.json()
    assert response.status_code == 422
    assert named in (problem.get("option"), *(error["name"] for error in problem.get("errors", [])))


async def test_a_clip_without_a_transcript_has_none_in_any_format(service: Service, clip_id: str) -> None:
    for name in FORMATS:
        response = await service.client.get(f"/api/transcription/{clip_id}?format={name}")
        assert (response.status_code, response.json()["kind"]) == (404, "transcript")


async def test_deleting_a_transcript_keeps_the_recording(service: Service, transcribed: str) -> None:
    assert (await service.client.delete(f"/api/transcription/{transcribed}")).status_code == 204
    assert (await service.client.get(f"/api/transcription/{transcribed}")).status_code == 404
    assert (await service.client.get(f"/api/audio/{transcribed}/content")).status_code == 200
    assert (await service.client.delete(f"/api/transcription/{transcribed}")).status_code == 404


async def test_a_second_run_replaces_the_transcript(service: Service, transcribed: str) -> None:
    await service.client.post(f"/api/transcribe/{transcribed}?diarize=false")
    response = await service.client.get(f"/api/transcription/{transcribed}")
    assert response.json()["speakers"] == []
