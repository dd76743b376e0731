"""Torch says what transformers' `generate()` and CTranslate2 say, with the same weights."""

import numpy as np
import pytest
import torch
import transformers

from app.adapters.outbound.whisper.model import Decoding
from tests.fixtures.held_out import CHECKPOINT, word_error_rate
from tests.unit.adapters.whisper.torch_speech import (
    UTTERANCES,
    ctranslate2_whisper,
    heard,
    heard_by_ctranslate2,
    languages,
    positions,
    prompts,
    torch_whisper,
    windows,
)

pytestmark = pytest.mark.slow


def test_held_out_speech_is_understood() -> None:
    model = torch_whisper()
    found = model.generate(heard(), prompts(), Decoding(beam_size=5))
    texts = [model.vocabulary.text(each.tokens).strip() for each in found]
    assert word_error_rate([each.text for each in UTTERANCES], texts) < 0.3


def test_texts_are_those_of_transformers() -> None:
    model = torch_whisper()
    network = transformers.WhisperForConditionalGeneration.from_pretrained(CHECKPOINT, dtype=torch.float32)
    features = transformers.WhisperFeatureExtractor.from_pretrained(CHECKPOINT)(
        windows(), sampling_rate=16_000, return_tensors="pt"
    ).input_features
    expected = []
    for window, language in zip(features, languages(), strict=True):
        given = network.generate(window[None], language=language, task="transcribe", num_beams=1)[0].tolist()
        expected.append(tuple(token for token in given if model.vocabulary.is_text(token)))
    found = model.generate(heard(), prompts(), Decoding())
    assert [each.tokens for each in found] == expected


@pytest.mark.parametrize("beams", [1, 5])
def test_texts_are_those_of_ctranslate2(beams: int) -> None:
    ours, theirs = torch_whisper(), ctranslate2_whisper()
    decoding = Decoding(beam_size=beams)
    found = ours.generate(heard(), prompts(), decoding)
    expected = theirs.generate(heard_by_ctranslate2(), prompts(), decoding)
    assert [each.tokens for each in found] == [each.tokens for each in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=1e-4)
        # CTranslate2 leaves some probability to timestamps, which cannot follow `<|notimestamps|>`.
        assert one.average_log_probability == pytest.approx(other.average_log_probability, abs=0.05)


def test_languages_are_those_of_ctranslate2() -> None:
    ours, theirs = torch_whisper(), ctranslate2_whisper()
    found = ours.detect_languages(heard())
    expected = theirs.detect_languages(heard_by_ctranslate2())
    assert found == [pytest.approx(each, abs=1e-4) for each in expected]


def test_times_and_probabilities_of_tokens_are_those_of_ctranslate2() -> None:
    ours, theirs = torch_whisper(), ctranslate2_whisper()
    english = [index for index, language in enumerate(languages()) if language == "en"]
    texts = [each.tokens for each in ours.generate(heard(), prompts(), Decoding())]
    asked = (
        ours.vocabulary.start_tokens("en", "transcribe"),
        [texts[index] for index in english],
        [positions(windows()[index]) for index in english],
    )
    found = ours.align(ours.rows(heard(), english), *asked)
    expected = theirs.align(theirs.rows(heard_by_ctranslate2(), english), *asked)
    off_s = [
        abs(one - other)
        for each, their in zip(found, expected, strict=True)
        for one, other in zip(each.edges_s, their.edges_s, strict=True)
    ]
    assert np.mean(np.array(off_s) <= 0.04) >= 0.95
    for each, their in zip(found, expected, strict=True):
        assert each.probabilities == pytest.approx(their.probabilities, abs=1e-3)
