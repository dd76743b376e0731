"""What a recognizer says beside the words, and that it is busy, over a real connection."""

import asyncio
from pathlib import Path

from app.adapters.inbound.rest.schemas import Transcript
from app.domain.errors import EngineBusy
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority
from app.domain.transcript import SuppressedText, TranscriptionText
from app.domain.windows import SpeechWindow
from tests.api.engines import SteeredTranscriber
from tests.api.service import Service, lines_of, serving, spoken

MADE_UP = {"text": "Thanks.", "start": 0.1, "end": 0.2, "reason": "no_speech", "score": 0.9}


async def test_who_waits_for_a_busy_engine_is_told_when_to_come_back(service: Service, clip_id: str) -> None:
    service.engine.error = EngineBusy("steered", 6.2)
    response = await service.client.post(f"/api/transcribe/{clip_id}")
    problem = response.json()
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:diarist:problem:EngineBusy"
    assert (problem["engine"], problem["retry_after_s"]) == ("steered", 6.2)
    assert problem["detail"] == "steered is busy, try again in 6 s"


async def test_a_stream_from_a_busy_engine_ends_with_saying_so(service: Service, clip_id: str) -> None:
    service.engine.error = EngineBusy("steered", 6.2)
    response = await service.client.post(f"/api/transcribe/{clip_id}/stream")
    last = lines_of(response.text)[-1]
    assert response.status_code == 200
    assert (last["type"], last["error"]) == ("failed", "EngineBusy")
    assert "try again" in last["message"]


async def test_who_comes_back_gets_the_transcript(service: Service, clip_id: str) -> None:
    service.engine.error = EngineBusy("steered", 0.1)
    assert (await service.client.post(f"/api/transcribe/{clip_id}")).status_code == 429
    service.engine.error = None
    assert (await service.client.post(f"/api/transcribe/{clip_id}")).status_code == 200


class Doubting(SteeredTranscriber):
    """Leaves a text out, and is not sure of the language."""

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        text = await super().transcribe(window, options)
        return TranscriptionText(
            words=text.words,
            language="en",
            language_probability=0.75,
            suppressed=(SuppressedText(text="Thanks.", start=0.1, end=0.2, reason="no_speech", score=0.9),),
        )


async def test_what_was_left_out_is_in_every_answer(tmp_path: Path) -> None:
    async with serving(tmp_path, engine=Doubting(), real_storage=True) as service:
        clip_id = await service.store(spoken(tmp_path))
        for query in ("", "?word_timestamps=false"):
            waited = await service.client.post(f"/api/transcribe/{clip_id}{query}")
            stored = await service.client.get(f"/api/transcription/{clip_id}")
            told = await service.client.get(f"/api/transcription/{clip_id}/stream")
            streamed = await service.client.post(f"/api/transcribe/{clip_id}/stream{query}")
            Transcript.model_validate_json(waited.content)
            answers = [waited.json(), stored.json(), lines_of(told.text)[-1], lines_of(streamed.text)[-1]]
            for answer in answers:
                assert answer["suppressed"] == [MADE_UP]
                assert (answer["language"], answer["language_probability"]) == ("en", 0.75)


async def test_a_full_queue_sends_the_next_away_but_not_who_joins(tmp_path: Path) -> None:
    engine = SteeredTranscriber()
    engine.gate.clear()
    async with serving(tmp_path, engine=engine, jobs_at_once=1, max_queued_jobs=1) as service:
        clips = [await service.store(spoken(tmp_path, name=f"{number}.wav")) for number in range(3)]
        first, second = (
            asyncio.create_task(service.client.post(f"/api/transcribe/{clip}")) for clip in clips[:2]
        )
        await engine.until_asked()
        refused = await service.client.post(f"/api/transcribe/{clips[2]}")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        joined = asyncio.create_task(service.client.post(f"/api/transcribe/{clips[1]}"))
        engine.gate.set()
        assert [(await each).status_code for each in (first, second, joined)] == [200, 200, 200]
