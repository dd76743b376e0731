"""Whisper's tokens: text, and the special ones that tell it what to do. Read from the model's own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.outbound.whisper.languages import LANGUAGES
from app.domain.errors import InvalidOptions
from app.domain.options import Task
from app.domain.transcript import UNSPACED_LANGUAGES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_PROMPT_TOKENS = 223
"""What may stand before the start: half of the decoder's 448 positions, less `<|startofprev|>`."""

_BEFORE_A_WORD = "\"'“¿([{-"
_AFTER_A_WORD = "\"'.。,，!！?？:：”)]}、"
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
"""What half a character of UTF-8 decodes to."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word with its punctuation, without spaces around it: the tokens from `first` up to before `last`."""

    text: str
    first: int
    last: int


class Vocabulary:
    """The tokens of one model. `languages` maps codes to tokens; it is empty in English-only models."""

    def __init__(self, tokenizer: "Tokenizer", *, multilingual: bool) -> None:
        self._tokenizer = tokenizer
        self.start = self._special("<|startoftranscript|>")
        self.end = self._special("<|endoftext|>")
        self.no_timestamps = self._special("<|notimestamps|>")
        self._previous = self._special("<|startofprev|>")
        silence = (tokenizer.token_to_id(name) for name in ("<|nospeech|>", "<|nocaptions|>"))
        self.no_speech: int | None = next((token for token in silence if token is not None), None)
        found = {code: tokenizer.token_to_id(f"<|{code}|>") for code in LANGUAGES} if multilingual else {}
        self.languages = {code: token for code, token in found.items() if token is not None}

    @classmethod
    def of_model(cls, folder: Path, *, multilingual: bool) -> "Vocabulary":
        """From the folder's `tokenizer.json`. Raises `OSError` or `ValueError` when that is none."""
        from tokenizers import Tokenizer

        text = (folder / "tokenizer.json").read_text(encoding="utf-8")
        try:
            tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # the library raises nothing more special
            raise ValueError(f"tokenizer.json is no tokenizer: {error}") from error
        return cls(tokenizer, multilingual=multilingual)

    def start_tokens(self, language: str, task: Task) -> list[int]:
        """What a transcript starts with, without `<|notimestamps|>`.

        Raises `InvalidOptions` for a language that the model turns out not to know: what a hub's model knows
        is guessed from its name until its files are here.
        """
        if not self.languages:
            return [self.start]
        if language not in self.languages:
            raise InvalidOptions("language", f"this model does not know {language!r}")
        return [self.start, self.languages[language], self._special(f"<|{task}|>")]

    def prompt_tokens(self, prompt: str | None, hotwords: Sequence[str]) -> list[int]:
        """What stands before the start so that these words are expected; nothing when there are none.

        What is too long loses the beginning of the prompt, as with OpenAI's, and the last hotwords.
        """
        expected = self._encode(", ".join(hotwords))[
            : MAX_PROMPT_TOKENS // 2 if prompt else MAX_PROMPT_TOKENS
        ]
        before = self._encode(prompt or "")
        room = MAX_PROMPT_TOKENS - len(expected)
        tokens = expected + before[max(0, len(before) - room) :]
        return [self._previous, *tokens] if tokens else []

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones left out."""
        return str(self._tokenizer.decode([token for token in tokens if self.is_text(token)]))

    def is_text(self, token: int) -> bool:
        """Every special token comes after the text, `<|endoftext|>` first."""
        return token < self.end

    def pieces(self, tokens: Sequence[int], language: str) -> list[Piece]:
        """Text tokens as words, in order; every token is in one of them."""
        characters = self._whole_characters(tokens)
        words: list[Piece] = []
        for piece in characters:
            starts_word = language in UNSPACED_LANGUAGES or piece.text.startswith(" ") or not words
            if starts_word:
                words.append(piece)
            else:
                words[-1] = _joined(words[-1], piece)
        return [
            Piece(text, word.first, word.last) for word in _punctuated(words) if (text := word.text.strip())
        ]

    def _whole_characters(self, tokens: Sequence[int]) -> list[Piece]:
        """The tokens in runs that end where a character of UTF-8 ends."""
        pieces: list[Piece] = []
        first = 0
        for last in range(1, len(tokens) + 1):
            text = self.text(tokens[first:last])
            # A character takes four bytes at most, so what is open for longer is no character.
            if not text.endswith(_INCOMPLETE) or last - first >= 4 or last == len(tokens):
                pieces.append(Piece(text, first, last))
                first = last
        return pieces

    def _encode(self, text: str) -> list[int]:
        text = text.strip()
        encoded = self._tokenizer.encode(f" {text}", add_special_tokens=False).ids if text else []
        # A prompt that spells out a special token must not act as one.
        return [token for token in encoded if self.is_text(token)]

    def _special(self, name: str) -> int:
        token = self._tokenizer.token_to_id(name)
        if token is None:
            raise ValueError(f"tokenizer.json has no {name}: it is not Whisper's")
        return int(token)


def _punctuated(words: Sequence[Piece]) -> list[Piece]:
    """Marks that stand alone join the word they belong to."""
    joined: list[Piece] = []
    for word in words:
        marks = word.text.strip()
        if joined and (all(mark in _AFTER_A_WORD for mark in marks) or _opens(joined[-1])):
            joined[-1] = _joined(joined[-1], word)
        else:
            joined.append(word)
    return joined


def _opens(word: Piece) -> bool:
    marks = word.text.strip()
    return bool(marks) and all(mark in _BEFORE_A_WORD for mark in marks)


def _joined(one: Piece, other: Piece) -> Piece:
    """One word of two, without a space inside: formats such as CTM tell words apart by spaces."""
    return Piece(one.text.rstrip() + other.text.lstrip(), one.first, other.last)
