"""Whisper on torch: the same for a window in any company, within its limits, and with Diarist's errors."""

import gc
import weakref
from collections.abc import Callable
from typing import NoReturn

import pytest
import torch

from app.adapters.outbound.model_on_device import OutOfDeviceMemory
from app.adapters.outbound.whisper.model import Decoding, Hypothesis
from app.adapters.outbound.whisper.torch_model import TorchWhisper
from app.domain.errors import EngineFailed
from tests.fixtures.held_out import CHECKPOINT
from tests.unit.adapters.whisper.torch_speech import heard, positions, prompts, torch_whisper, windows

pytestmark = pytest.mark.slow

BATCH = 6


def fresh() -> TorchWhisper:
    return TorchWhisper.load(CHECKPOINT, device="cpu", dtype="float32", threads=1)


def alike(one: Hypothesis, other: Hypothesis) -> bool:
    return one.tokens == other.tokens and (
        one.average_log_probability,
        one.no_speech_probability,
    ) == pytest.approx((other.average_log_probability, other.no_speech_probability), abs=1e-3)


@pytest.mark.parametrize(
    "decoding",
    [Decoding(), Decoding(beam_size=3), Decoding(temperature=0.8)],
    ids=["greedy", "beams", "drawn"],
)
def test_a_window_gets_the_same_text_alone_as_in_a_batch(decoding: Decoding) -> None:
    model, some, asked = torch_whisper(), windows()[:BATCH], prompts()[:BATCH]
    together = model.generate(model.encode(some), asked, decoding)
    assert len({len(each.tokens) for each in together}) > 1, "all end at once: no row is ever dropped"
    for window, prompt, each in zip(some, asked, together, strict=True):
        assert alike(model.generate(model.encode([window]), [prompt], decoding)[0], each)


def test_what_was_heard_can_be_asked_again_in_any_order() -> None:
    model, some, asked = torch_whisper(), windows()[:BATCH], prompts()[:BATCH]
    heard = model.encode(some)
    languages, texts = model.detect_languages(heard), model.generate(heard, asked, Decoding())
    assert all(map(alike, model.generate(heard, asked, Decoding()), texts))
    assert model.detect_languages(heard) == [pytest.approx(each, abs=1e-3) for each in languages]
    start, lengths = asked[0][:-1], [positions(window) for window in some]
    aligned = model.align(heard, start, [text.tokens for text in texts], lengths)
    for row in (4, 1):
        part = model.rows(heard, [row])
        assert alike(model.generate(part, [asked[row]], Decoding())[0], texts[row])
        (alone,) = model.align(part, start, [texts[row].tokens], [lengths[row]])
        assert alone.edges_s == pytest.approx(aligned[row].edges_s, abs=0.021)
        assert alone.probabilities == pytest.approx(aligned[row].probabilities, abs=1e-3)


def test_rows_come_in_the_order_asked_for() -> None:
    model, some, asked = torch_whisper(), windows()[:BATCH], prompts()[:BATCH]
    heard = model.encode(some)
    texts = model.generate(heard, asked, Decoding())
    order = [5, 0, 3]
    found = model.generate(model.rows(heard, order), [asked[row] for row in order], Decoding())
    assert all(map(alike, found, [texts[row] for row in order]))


def test_the_same_window_sounds_the_same_to_another_temperature_but_reads_differently() -> None:
    model = torch_whisper()
    # Half a window holds a word and a half: there is something to doubt.
    cut = [window[: len(window) // 2] for window in windows()[:BATCH]]
    heard = model.encode(cut)
    drawn = [
        [each.tokens for each in model.generate(heard, prompts()[:BATCH], Decoding(temperature=temperature))]
        for temperature in (0.7, 0.7, 1.0)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("beams", [1, 3])
def test_a_text_keeps_to_its_limits(beams: int) -> None:
    model = torch_whisper()
    decoding = Decoding(beam_size=beams, max_tokens=3)
    found = model.generate(model.encode(windows()[:BATCH]), prompts()[:BATCH], decoding)
    assert max(len(each.tokens) for each in found) == 3
    assert all(model.vocabulary.is_text(token) for each in found for token in each.tokens)


def test_a_long_prompt_leaves_room_for_what_fits_behind_it() -> None:
    model, window = torch_whisper(), windows()[0]
    filler = [model.vocabulary.prompt_tokens("the cat", ())[1]] * (448 - 4 - 5)
    long = [model.vocabulary.prompt_tokens("the", ())[0], *filler, *prompts()[0]]
    (found,) = model.generate(model.encode([window]), [long], Decoding(temperature=1.0))
    assert len(found.tokens) <= 448 - len(long)
    assert 0 <= found.no_speech_probability <= 1


def test_no_run_of_tokens_comes_twice_where_that_is_asked_for() -> None:
    model = torch_whisper()
    found = model.generate(heard(), prompts(), Decoding(no_repeat_ngram_size=1, temperature=0.9))
    assert all(len(set(each.tokens)) == len(each.tokens) for each in found)
    free = model.generate(heard(), prompts(), Decoding(temperature=0.9))
    assert any(len(set(each.tokens)) < len(each.tokens) for each in free)


def test_edges_lie_within_the_sound_and_never_fall() -> None:
    model, some, asked = torch_whisper(), windows()[:BATCH], prompts()[:BATCH]
    texts = [[7, 8, 9], [5], [7] * 40, [1, 2], [3], [4]]
    lengths = [*(positions(window) for window in some[:-1]), 2]
    for text, count, each in zip(
        texts, lengths, model.align(model.encode(some), asked[0][:-1], texts, lengths), strict=True
    ):
        assert len(each.edges_s) == len(text) + 1 == len(each.probabilities) + 1
        assert list(each.edges_s) == sorted(each.edges_s)
        assert 0 <= each.edges_s[0] <= each.edges_s[-1] <= count * 0.02
        assert all(0 <= probability <= 1 for probability in each.probabilities)


def test_half_precision_understands_nearly_the_same() -> None:
    exact, half = torch_whisper(), torch_whisper("bfloat16")
    texts = [
        [each.tokens for each in model.generate(sound, prompts(), Decoding())]
        for model, sound in ((exact, heard()), (half, half.encode(windows())))
    ]
    same = [one == other for one, other in zip(*texts, strict=True)]
    assert sum(same) / len(same) >= 0.75


def raising(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 9"),
    ],
)
def test_too_little_memory_is_told_from_other_failures(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fresh()
    monkeypatch.setattr(model._encoder, "forward", raising(error))
    with pytest.raises(OutOfDeviceMemory):
        model.encode(windows()[:1])


def test_what_else_breaks_in_torch_is_an_engine_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fresh()
    monkeypatch.setattr(model._encoder, "forward", raising(RuntimeError("mat1 and mat2")))
    with pytest.raises(EngineFailed, match="encode: mat1") as failed:
        model.encode(windows()[:1])
    assert not isinstance(failed.value, OutOfDeviceMemory)


def test_a_closed_model_holds_no_weights() -> None:
    model = fresh()
    weights = weakref.ref(model._encoder.conv1.weight)
    model.close()
    gc.collect()
    assert weights() is None
