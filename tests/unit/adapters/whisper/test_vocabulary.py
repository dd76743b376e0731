"""Tokens and words."""

import json
from pathlib import Path

import pytest

from app.adapters.outbound.whisper.languages import LANGUAGES
from app.adapters.outbound.whisper.vocabulary import MAX_PROMPT_TOKENS, Vocabulary
from app.domain.errors import InvalidOptions
from tests.unit.adapters.whisper.tiny import CHECKPOINT, tokens_of, vocabulary


def pieces(text: str, language: str = "en") -> list[str]:
    encoded = vocabulary()._tokenizer.encode(text, add_special_tokens=False).ids
    found = vocabulary().pieces(encoded, language)
    assert [piece.first for piece in found[1:]] == [piece.last for piece in found[:-1]]
    assert not found or (found[0].first, found[-1].last) == (0, len(encoded))
    return [piece.text for piece in found]


def test_a_transcript_starts_with_language_and_task() -> None:
    start = vocabulary().start_tokens("de", "translate")
    names = [vocabulary()._tokenizer.id_to_token(token) for token in start]
    assert names == ["<|startoftranscript|>", "<|de|>", "<|translate|>"]


def test_a_language_that_the_model_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(InvalidOptions, match="xx"):
        vocabulary().start_tokens("xx", "transcribe")


def test_an_english_only_model_has_no_languages_and_no_tasks() -> None:
    english = vocabulary(multilingual=False)
    assert english.languages == {}
    assert english.start_tokens("en", "transcribe") == [english.start]


def test_the_text_of_tokens_leaves_special_ones_out() -> None:
    tokens = [vocabulary().start, *tokens_of("the green cat"), vocabulary().end]
    assert vocabulary().text(tokens).strip() == "the green cat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" the green cat", ["the", "green", "cat"]),
        (" unheard-of words", ["unheard-of", "words"]),
        (" Wait... what?", ["Wait...", "what?"]),
        (' he said "no" !', ["he", "said", '"no"!']),
        (" ( maybe ) so", ["(maybe)", "so"]),
        (" fünf Vögel", ["fünf", "Vögel"]),
        (" \N{GRINNING FACE} smile", ["\N{GRINNING FACE}", "smile"]),
        ("", []),
    ],
)
def test_words_carry_their_punctuation(text: str, words: list[str]) -> None:
    assert pieces(text) == words


def test_a_language_without_spaces_is_cut_into_characters() -> None:
    assert pieces("你好。世界", "zh") == ["你", "好。", "世", "界"]


def test_a_prompt_stands_before_the_start_and_keeps_its_end() -> None:
    before = vocabulary().prompt_tokens("one " * 300 + "two", ())
    assert vocabulary()._tokenizer.id_to_token(before[0]) == "<|startofprev|>"
    assert len(before) == MAX_PROMPT_TOKENS + 1
    assert vocabulary().text(before[-2:]).split() == ["one", "two"]


def test_hotwords_come_before_the_prompt_and_leave_it_room() -> None:
    before = vocabulary().prompt_tokens("the cat", ("red", "blue"))
    assert vocabulary().text(before) == " red, blue the cat"
    crowded = vocabulary().prompt_tokens("the cat", ("red",) * 300)
    assert len(crowded) <= MAX_PROMPT_TOKENS + 1
    assert vocabulary().text(crowded).endswith(" the cat")


def test_nothing_expected_gives_no_tokens() -> None:
    assert vocabulary().prompt_tokens(None, ()) == []
    assert vocabulary().prompt_tokens("   ", ()) == []


def test_a_prompt_cannot_smuggle_special_tokens_in() -> None:
    tokens = vocabulary().prompt_tokens("the <|endoftext|> cat <|de|>", ())
    assert all(vocabulary().is_text(token) for token in tokens[1:])


@pytest.mark.parametrize("text", ["", "{}", '{"model": {"type": "BPE"}}', "no JSON"])
def test_a_broken_tokenizer_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(ValueError, match="no tokenizer"):
        Vocabulary.of_model(tmp_path, multilingual=True)


def test_another_models_tokenizer_is_told(tmp_path: Path) -> None:
    other = json.loads((CHECKPOINT / "tokenizer.json").read_text())
    other["added_tokens"] = [
        token for token in other["added_tokens"] if token["content"] != "<|startofprev|>"
    ]
    (tmp_path / "tokenizer.json").write_text(json.dumps(other))
    with pytest.raises(ValueError, match="not Whisper's"):
        Vocabulary.of_model(tmp_path, multilingual=True)


def test_every_language_has_one_code() -> None:
    assert len(set(LANGUAGES)) == len(LANGUAGES) == 100
