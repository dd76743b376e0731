"""Which languages a Whisper knows, told by its small files, or guessed from its name."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from app.adapters.outbound.models.contents import GENERATION, TOKENIZER
from app.adapters.outbound.models.integrity import Unfit, read_json
from app.adapters.outbound.whisper.languages import LANGUAGES

ENGLISH = frozenset({"en"})

_CODE = re.compile(r"<\|([a-z]{2,3})\|>")
_CANTONESE = "yue"


def languages_of(folder: Path | None, name: str) -> frozenset[str]:
    """Codes as Whisper writes them; what the folder does not tell is guessed."""
    try:
        told = _told(folder, _state(folder)) if folder is not None else frozenset[str]()
    except (Unfit, OSError):
        told = frozenset()
    return told or _guessed(name)


def _state(folder: Path) -> tuple[int, ...]:
    files = (folder / name for name in (GENERATION, TOKENIZER))
    found = [file.stat() for file in files if file.is_file()]
    return tuple(number for each in found for number in (each.st_mtime_ns, each.st_size))


# A vocabulary is 3 MB of JSON, and every job asks for the languages several times.
@lru_cache(maxsize=16)
def _told(folder: Path, _state: tuple[int, ...]) -> frozenset[str]:
    generation = read_json(folder / GENERATION) if (folder / GENERATION).is_file() else {}
    if generation.get("is_multilingual") is False:
        return ENGLISH
    languages = generation.get("lang_to_id")
    if isinstance(languages, dict) and languages:
        return _codes(languages)
    tokenizer = read_json(folder / TOKENIZER)
    # English-only vocabularies name the languages too; they lack the empty token that the others have.
    if "" not in tokenizer.get("model", {}).get("vocab", {}):
        return ENGLISH
    return _codes(str(token.get("content")) for token in tokenizer.get("added_tokens", []))


def _codes(tokens: Iterable[str]) -> frozenset[str]:
    found = (_CODE.fullmatch(token) for token in tokens)
    return frozenset(match[1] for match in found if match) & frozenset(LANGUAGES)


def _guessed(name: str) -> frozenset[str]:
    if name.endswith(".en"):
        return ENGLISH
    cantonese = "large-v3" in name or "turbo" in name
    return frozenset(LANGUAGES) - (frozenset() if cantonese else {_CANTONESE})
