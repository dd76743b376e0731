"""Finished work as bytes, and back: equal to the last bit of every float.

    version (1 byte) | CRC-32 of the rest (4) | length of the head (4) | head | embeddings, float32

The head is JSON, deflated: of words that is a third. All numbers are little-endian. Bytes that are
damaged, or that another version of Diarist wrote, raise `Unreadable`: the work can be done again.
"""

import json
import struct
import zlib
from dataclasses import MISSING, asdict, fields
from typing import Any

import numpy as np

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.finished_work import ChunkKey, EngineIdentity, WindowKey
from app.domain.timeline import TimeRange
from app.domain.transcript import SuppressedText, TranscriptionText, Word

VERSION = 1
"""Goes up whenever the bytes of before mean something else."""

_ENVELOPE = struct.Struct("<BI")
_LENGTH = struct.Struct("<I")


class Unreadable(Exception):
    """These bytes cannot be read, or not any more."""


def encode_text(text: TranscriptionText) -> bytes:
    head = {
        "words": [_told(word) for word in text.words],
        "language": text.language,
        "language_probability": text.language_probability,
        "suppressed": [_told(each) for each in text.suppressed],
    }
    return _sealed(head)


def decode_text(content: bytes) -> TranscriptionText:
    """The inverse of `encode_text`. Raises `Unreadable`."""
    head, _ = _opened(content)
    try:
        return TranscriptionText(
            words=tuple(Word(**word) for word in head["words"]),
            language=head["language"],
            language_probability=head["language_probability"],
            suppressed=tuple(SuppressedText(**each) for each in head["suppressed"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"it holds something else: {error!r}") from error


def encode_chunk(found: ChunkDiarization) -> bytes:
    embeddings = [np.ascontiguousarray(sample.embedding, "<f4") for sample in found.samples]
    head = {
        "turns": [[int(turn.local_speaker), *_ends(turn.range)] for turn in found.turns],
        "samples": [
            [int(sample.local_speaker), *_ends(sample.range), sample.model, len(embedding)]
            for sample, embedding in zip(found.samples, embeddings, strict=True)
        ],
    }
    return _sealed(head, b"".join(embedding.tobytes() for embedding in embeddings))


def decode_chunk(content: bytes) -> ChunkDiarization:
    """The inverse of `encode_chunk`. Raises `Unreadable`."""
    head, rest = _opened(content)
    try:
        numbers = np.frombuffer(rest, "<f4").astype(np.float32)
        samples = []
        first = 0
        for speaker, start, end, model, length in head["samples"]:
            samples.append(
                VoiceSample(
                    local_speaker=speaker,
                    range=TimeRange(start=start, end=end),
                    embedding=numbers[first : first + length],
                    model=model,
                )
            )
            first += length
        turns = (
            LocalTurn(local_speaker=speaker, range=TimeRange(start=start, end=end))
            for speaker, start, end in head["turns"]
        )
        return ChunkDiarization(turns=tuple(turns), samples=tuple(samples))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"it holds something else: {error!r}") from error


def encode_key(key: WindowKey | ChunkKey) -> str:
    """Everything of a key but its clip, in ASCII; equal for equal keys."""
    engine = [key.engine.name, key.engine.model, key.engine.revision]
    speech = [_ends(part) for part in key.speech]
    match key:
        case WindowKey():
            document = {
                "channel": key.channel,
                "pieces": [_ends(piece) for piece in key.pieces],
                # Only what differs from the defaults: an option that is new changes no earlier key.
                "options": {name: _exact(value) for name, value in _told(key.options).items()},
            }
        case ChunkKey():
            document = {
                "core": _ends(key.core),
                "heard": [float(key.heard_from_s), float(key.heard_until_s)],
                "max_speakers": key.max_speakers,
            }
    return json.dumps(
        {"engine": engine, "speech": speech, **document},
        default=asdict,
        separators=(",", ":"),
        sort_keys=True,
    )


def decode_chunk_key(clip_id: str, text: str) -> ChunkKey:
    """The inverse of `encode_key` for chunks. Raises `Unreadable`."""
    try:
        document = json.loads(text)
        name, model, revision = document["engine"]
        heard_from_s, heard_until_s = document["heard"]
        return ChunkKey(
            clip_id=clip_id,
            engine=EngineIdentity(name=name, model=model, revision=revision),
            core=_range(document["core"]),
            heard_from_s=heard_from_s,
            heard_until_s=heard_until_s,
            speech=tuple(_range(part) for part in document["speech"]),
            max_speakers=document["max_speakers"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"its key says something else: {error!r}") from error


def _sealed(head: dict[str, Any], rest: bytes = b"") -> bytes:
    # Engines count in numpy's kinds of numbers, too.
    text = json.dumps(head, default=float, separators=(",", ":")).encode()
    packed = zlib.compress(text, 1)
    body = _LENGTH.pack(len(packed)) + packed + rest
    return _ENVELOPE.pack(VERSION, zlib.crc32(body)) + body


def _opened(content: bytes) -> tuple[dict[str, Any], bytes]:
    if len(content) < _ENVELOPE.size + _LENGTH.size:
        raise Unreadable("it is cut short")
    version, checksum = _ENVELOPE.unpack_from(content)
    body = content[_ENVELOPE.size :]
    if version != VERSION:
        raise Unreadable(f"another Diarist wrote it, in version {version}")
    if zlib.crc32(body) != checksum:
        raise Unreadable("it is damaged")
    end = _LENGTH.size + _LENGTH.unpack_from(body)[0]
    head: dict[str, Any] = json.loads(zlib.decompress(body[_LENGTH.size : end]))
    return head, body[end:]


def _told(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not as by default."""
    told = {}
    for item in fields(value):
        given = getattr(value, item.name)
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        if given != default:
            told[item.name] = given
    return told


def _exact(value: Any) -> Any:
    """Numbers that are equal are written alike: 0 and 0.0."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _ends(part: TimeRange) -> list[float]:
    return [float(part.start), float(part.end)]


def _range(ends: list[float]) -> TimeRange:
    return TimeRange(start=ends[0], end=ends[1])
