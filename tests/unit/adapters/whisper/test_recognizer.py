"""How a batch is read: languages, prompts, and what happens when a text looks wrong."""

from dataclasses import replace

import numpy as np
import pytest

from app.adapters.outbound.whisper.recognizer import DecodingPolicy, Recognizer, Task
from app.domain.options import TranscriptionOptions
from tests.fixtures.speech import hum, pause, whole_window
from tests.unit.adapters.whisper.tiny import ToldWhisper, said, vocabulary

GERMAN = {"en": 0.1, "de": 0.9}
ENGLISH = {"en": 0.8, "de": 0.2}
CIRCLE = "one two " * 30


def task(seconds: float = 4.0, **options: object) -> Task:
    asked = {"language": "en"} | options
    return Task(window=whole_window(hum(seconds)), options=TranscriptionOptions(**asked))


def length(each: Task) -> int:
    return len(each.window.samples)


def read(model: ToldWhisper, *tasks: Task, policy: DecodingPolicy | None = None) -> list[str]:
    return [text.text for text in Recognizer(model, policy or DecodingPolicy()).run(tasks)]


def test_each_window_gets_its_own_words_in_the_order_of_the_batch() -> None:
    short, long = task(2), task(3)
    model = ToldWhisper({length(short): [said("the cat")], length(long): [said("a dog")]})
    assert read(model, long, short) == ["a dog", "the cat"]
    assert model.encoded == [length(long), length(short)]


def test_a_batch_that_does_not_fit_is_read_in_parts() -> None:
    tasks = [task(seconds) for seconds in (2, 3, 4)]
    model = ToldWhisper({length(each): [said("the cat")] for each in tasks})
    texts = Recognizer(model, DecodingPolicy(), most_windows=2).run(tasks)
    assert [text.text for text in texts] == ["the cat"] * 3
    assert model.batches == [2, 1]


def test_the_prompt_is_expectations_start_language_task_and_no_timestamps() -> None:
    asked = task(language="de", task="translate", prompt="the garden", hotwords=("tiger",))
    model = ToldWhisper({length(asked): [said("the cat")]})
    read(model, asked)
    ((_, prompt, _),) = model.generated
    names = [vocabulary()._tokenizer.id_to_token(token) for token in prompt]
    assert names[0] == "<|startofprev|>"
    assert names[-4:] == ["<|startoftranscript|>", "<|de|>", "<|translate|>", "<|notimestamps|>"]
    assert vocabulary().text(prompt[1:-4]) == " tiger the garden"


def test_a_language_that_was_given_is_not_detected() -> None:
    asked = task(language="de")
    model = ToldWhisper({length(asked): [said("eins")]})
    (text,) = Recognizer(model, DecodingPolicy()).run([asked])
    assert (text.language, text.language_probability, model.detected) == ("de", None, [])


def test_only_windows_without_a_language_are_detected_and_each_is_read_in_its_own() -> None:
    known, german, english = task(2, language="en"), task(3, language=None), task(4, language=None)
    model = ToldWhisper(
        {length(known): [said("one")], length(german): [said("eins")], length(english): [said("two")]},
        languages={length(german): GERMAN, length(english): ENGLISH},
    )
    texts = Recognizer(model, DecodingPolicy()).run([known, german, english])
    assert model.detected == [length(german), length(english)]
    assert [(text.language, text.language_probability) for text in texts] == [
        ("en", None),
        ("de", 0.9),
        ("en", 0.8),
    ]
    assert {start[1] for start, _ in model.aligned} == set(vocabulary().languages.values())


def test_an_english_only_model_is_never_asked_for_a_language() -> None:
    asked = task(language=None)
    model = ToldWhisper({length(asked): [said("one")]}, multilingual=False)
    (text,) = Recognizer(model, DecodingPolicy()).run([asked])
    assert (text.language, model.detected) == ("en", [])
    assert model.generated[0][1] == (model.vocabulary.start, model.vocabulary.no_timestamps)


def test_a_translation_is_written_as_english_is_whatever_was_spoken() -> None:
    asked = task(language="ja", task="translate")
    model = ToldWhisper({length(asked): [said("the unheard cat")]})
    model.vocabulary.languages["ja"] = model.vocabulary.languages["de"]
    try:
        (text,) = Recognizer(model, DecodingPolicy()).run([asked])
    finally:
        del model.vocabulary.languages["ja"]
    assert [word.word for word in text.words] == ["the", "unheard", "cat"]
    assert text.language == "ja"


def test_what_looks_wrong_is_read_again_harder_and_the_rest_is_not() -> None:
    wrong, right = task(2), task(3)
    model = ToldWhisper(
        {
            length(wrong): [said(CIRCLE), said("the cat", likely=-1.4), said("the cat sees mary")],
            length(right): [said("a dog")],
        }
    )
    assert read(model, wrong, right) == ["the cat sees mary", "a dog"]
    steps = [(window, step.beam_size, step.no_repeat_ngram_size) for window, _, step in model.generated]
    assert steps == [
        (length(wrong), 1, 0),
        (length(right), 1, 0),
        (length(wrong), 5, 0),
        (length(wrong), 5, 3),
    ]
    assert {step.temperature for _, _, step in model.generated} == {0.0}


def test_when_nothing_helps_the_likeliest_text_that_is_no_circle_stands() -> None:
    asked = task()
    guesses = [said(CIRCLE), said("the cat", likely=-1.2), said("the dog", likely=-1.7)]
    assert read(ToldWhisper({length(asked): guesses}), asked) == ["the cat"]


def test_a_wider_beam_is_where_trying_harder_starts() -> None:
    asked = task(beam_size=8)
    model = ToldWhisper({length(asked): [said(CIRCLE), said("the cat")]})
    assert read(model, asked) == ["the cat"]
    steps = [(step.beam_size, step.no_repeat_ngram_size) for _, _, step in model.generated]
    assert steps == [(8, 0), (8, 3)]


def test_a_temperature_draws_once_and_takes_what_comes() -> None:
    asked = task(temperature=0.4)
    model = ToldWhisper({length(asked): [said("the cat", likely=-1.9)]})
    assert read(model, asked) == ["the cat"]
    assert [step.temperature for _, _, step in model.generated] == [0.4]


def test_without_fallback_the_first_text_stands() -> None:
    asked = task()
    model = ToldWhisper({length(asked): [said("the cat", likely=-3.0)]})
    assert read(model, asked, policy=DecodingPolicy(fallback=False)) == ["the cat"]


def test_a_text_made_up_in_silence_is_suppressed_with_its_score() -> None:
    asked = task()
    model = ToldWhisper({length(asked): [said("the cat", likely=-1.5, no_speech=0.8)]})
    (text,) = Recognizer(model, DecodingPolicy()).run([asked])
    assert (text.words, text.language) == ((), None)
    (left_out,) = text.suppressed
    assert (left_out.text, left_out.reason, left_out.score) == ("the cat", "no_speech", 0.8)
    assert (left_out.start, left_out.end) == (asked.window.range.start, asked.window.range.end)


def test_silence_is_not_even_read() -> None:
    silent = replace(task(), window=whole_window(pause(4)))
    model = ToldWhisper({})
    assert read(model, silent) == [""]
    assert model.encoded == []


def test_a_silent_window_leaves_its_neighbours_alone() -> None:
    silent, loud = replace(task(), window=whole_window(pause(4))), task(2)
    assert read(ToldWhisper({length(loud): [said("the cat")]}), silent, loud, silent) == ["", "the cat", ""]


def test_no_text_is_never_aligned() -> None:
    asked = task()
    model = ToldWhisper({length(asked): [said("")]})
    assert read(model, asked) == [""]
    assert model.aligned == []


@pytest.mark.parametrize(("limit", "expected"), [(None, 443), (20, 20), (1_000, 443)])
def test_a_text_ends_where_the_decoder_does_or_the_policy_says(limit: int | None, expected: int) -> None:
    asked = task()
    model = ToldWhisper({length(asked): [said("the cat")]})
    read(model, asked, policy=DecodingPolicy(max_tokens=(lambda _: limit) if limit else None))
    assert model.generated[0][2].max_tokens == expected


def test_words_are_in_clip_time_with_probabilities() -> None:
    samples = np.concatenate([hum(1.0), hum(1.0)])
    asked = Task(window=whole_window(samples, start_s=100.0), options=TranscriptionOptions(language="en"))
    model = ToldWhisper({len(samples): [said("the cat")]})
    (text,) = Recognizer(model, DecodingPolicy()).run([asked])
    assert [
        (word.word, round(word.start, 2), round(word.end, 2), word.probability) for word in text.words
    ] == [
        ("the", 100.0, 100.2, pytest.approx(0.9)),
        ("cat", 100.2, 100.4, pytest.approx(0.9)),
    ]
