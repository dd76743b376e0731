import json

import pytest
from hypothesis import given

from app.adapters.outbound.persistence.sqlalchemy.transcript_document import VERSION, decode, encode
from app.domain.engine import EngineInfo
from app.domain.errors import Conflict
from app.domain.transcript import EngineUse, Transcript
from tests.fixtures.transcripts import a_transcript, transcripts


@given(transcripts())
def test_any_transcript_survives_its_document_exactly(transcript: Transcript) -> None:
    assert decode(encode(transcript)) == transcript


@given(transcripts())
def test_a_document_is_plain_ascii_json_that_a_database_can_hold(transcript: Transcript) -> None:
    text = encode(transcript)
    assert text.isascii()
    assert json.loads(text)["version"] == VERSION


def test_a_document_from_before_there_was_suppressed_text_can_still_be_read() -> None:
    document = json.loads(encode(a_transcript()))
    del document["suppressed"], document["language_probability"]
    assert decode(json.dumps(document)) == a_transcript()


def test_a_document_from_before_words_said_how_sure_their_speaker_is_can_still_be_read() -> None:
    document = json.loads(encode(a_transcript()))
    document["version"] = 1
    for word in document["segments"][0]["words"]:
        del word["speaker_confidence"], word["runner_up"]
    assert decode(json.dumps(document)) == a_transcript()


def test_half_a_surrogate_pair_survives() -> None:
    assert decode(encode(a_transcript(text="odd \ud83d name"))) == a_transcript(text="odd \ud83d name")


def test_equal_transcripts_have_equal_documents_whatever_the_order_of_their_sets() -> None:
    codes = [f"{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]

    def with_languages(languages: list[str]) -> Transcript:
        info = EngineInfo(name="scripted", model="none", languages=frozenset(languages))
        return Transcript(
            clip_id="c",
            language=None,
            duration=1.0,
            segments=(),
            engine={"transcription": EngineUse(info=info)},
        )

    assert encode(with_languages(codes)) == encode(with_languages(codes[::-1]))


def test_a_document_of_a_newer_version_is_refused_with_the_remedy() -> None:
    newer = json.dumps({**json.loads(encode(a_transcript())), "version": VERSION + 1})
    with pytest.raises(Conflict, match="upgrade"):
        decode(newer)
