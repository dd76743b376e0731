"""Whether a file of weights is whole, by its structure: nothing is loaded, so it takes milliseconds."""

import json
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

NAME_ANOTHER = "Name a Whisper, such as openai/whisper-large-v3"

_MAX_HEADER_BYTES = 100_000_000
"""The limit of safetensors itself."""

_CTRANSLATE2_VERSION = 6
"""The layout that is walked here; it has been the only one since CTranslate2 knows Whisper."""

_OLD_TORCH = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
"""How torch's files began before they were zip archives: a pickled magic number."""


class Unfit(Exception):
    """What is in a folder is of no use; the message says why, and names the file.

    `remedy` is None where fetching or copying the model again is one.
    """

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.remedy = remedy


def read_json(path: Path) -> dict[str, Any]:
    """Raises `Unfit`."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise Unfit(f"{path.name} is missing") from error
    except OSError as error:
        raise Unfit(f"{path.name} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Unfit(f"{path.name} is damaged: it is no JSON") from error
    if not isinstance(content, dict):
        raise Unfit(f"{path.name} is damaged: it holds no JSON object")
    return content


def check_weights(path: Path) -> None:
    """By the name's ending: safetensors, torch's, or CTranslate2's `model.bin`. Raises `Unfit`."""
    try:
        if path.suffix == ".safetensors":
            _check_safetensors(path)
        elif path.name == "model.bin":
            if (name := _specification(path)) != "WhisperSpec":
                raise Unfit(f"it is no Whisper but a {name or 'nameless'} model of CTranslate2", NAME_ANOTHER)
        else:
            _check_torch(path)
    except FileNotFoundError as error:
        raise Unfit(f"{path.name} is missing") from error
    except OSError as error:
        raise Unfit(f"{path.name} cannot be read: {error.strerror}") from error


def mel_bands(model_bin: Path) -> int | None:
    """How many bands of sound a Whisper of CTranslate2 hears, None where that cannot be told."""
    shapes = dict(_variables(model_bin))
    shape = shapes.get("encoder/conv1/weight", ())
    return shape[1] if len(shape) == 3 else None


def _check_safetensors(path: Path) -> None:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little") if len(start) == 8 else _MAX_HEADER_BYTES
        if length >= min(_MAX_HEADER_BYTES, size_bytes):
            raise Unfit(f"{path.name} is damaged: it does not begin like safetensors")
        try:
            header = json.loads(file.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            expected_bytes = 8 + length + max(ends, default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise Unfit(f"{path.name} is damaged: its header cannot be read") from error
    _compare(path, size_bytes, expected_bytes)


def _check_torch(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_OLD_TORCH)) == _OLD_TORCH:
            return
        try:
            zipfile.ZipFile(file).close()
        except (zipfile.BadZipFile, ValueError) as error:
            raise Unfit(f"{path.name} is damaged: it does not end like weights of torch") from error


def _specification(path: Path) -> str:
    """The name of the model that a whole `model.bin` holds. Walks it to its end."""
    for _ in _variables(path):
        pass
    with path.open("rb") as file:
        _read(file, "=I")
        return _string(file)


def _variables(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The name and shape of each, by seeking over the values. Raises `Unfit` unless all of it adds up."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        try:
            version = _read(file, "=I")
            if _CTRANSLATE2_VERSION < version < 2 * _CTRANSLATE2_VERSION:
                return  # of a later CTranslate2, which may know how to read it
            if version < _CTRANSLATE2_VERSION:
                raise Unfit(f"{path.name} is damaged: it does not begin like a model of CTranslate2")
            _string(file)
            _read(file, "=I")
            for _ in range(_read(file, "=I")):
                name = _string(file)
                yield name, tuple(_read(file, "=I") for _ in range(_read(file, "=B")))
                _read(file, "=B")
                file.seek(_read(file, "=I"), os.SEEK_CUR)
                if file.tell() > size_bytes:
                    raise Unfit(f"{path.name} is damaged: it ends inside of {name}")
            for _ in range(_read(file, "=I")):
                _string(file)
                _string(file)
        except (struct.error, UnicodeDecodeError) as error:
            raise Unfit(f"{path.name} is damaged: it ends early or is something else") from error
        _compare(path, size_bytes, file.tell())


def _read(file: BinaryIO, format: str) -> int:
    value: int = struct.unpack(format, file.read(struct.calcsize(format)))[0]
    return value


def _string(file: BinaryIO) -> str:
    return file.read(_read(file, "=H")).removesuffix(b"\0").decode()


def _compare(path: Path, size_bytes: int, expected_bytes: int) -> None:
    if size_bytes != expected_bytes:
        raise Unfit(f"{path.name} is damaged: it has {size_bytes:,} bytes where {expected_bytes:,} are due")
