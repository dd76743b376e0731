"""What the first bytes of a file say that ffmpeg does not pass on."""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

_HEAD_BYTES = 1 << 16
_STREAMED_WAV_BYTES = 0x7FFF0000
"""Programs that write WAV into a pipe cannot know its size and put one about this large, or larger."""

_MEDIA_TYPES = {
    "wav": "audio/wav",
    "w64": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "asf": "audio/x-ms-wma",
    "caf": "audio/x-caf",
    "mov": "audio/mp4",
    "matroska": "audio/x-matroska",
}
_VIDEO_TYPES = {"asf": "video/x-ms-wmv"}

_HONEST_LENGTH = frozenset({"flac", "mov", "aiff", "caf", "asf"})
"""Their header holds the length of their sound; for others ffmpeg estimates one from the bit rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerHeader:
    """The start of a file: `head` its first 64 KiB, `sound` the 4 KiB after an ID3 tag."""

    size_bytes: int
    head: bytes
    sound: bytes

    @classmethod
    def read(cls, path: Path) -> "ContainerHeader":
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            file.seek(_id3_bytes(head))
            return cls(size_bytes=path.stat().st_size, head=head, sound=file.read(4096))

    def media_type(self, format_name: str, *, has_video: bool) -> str:
        """The media type for ffmpeg's name of the container."""
        short = _short(format_name)
        if short == "mov" and self.head[8:12] == b"qt  " and has_video:
            return "video/quicktime"
        if short == "matroska" and b"webm" in self.head[:64]:
            return "video/webm" if has_video else "audio/webm"
        audio_type = _MEDIA_TYPES.get(short, "application/octet-stream")
        return _VIDEO_TYPES.get(short, audio_type.replace("audio/", "video/")) if has_video else audio_type

    def promised_s(
        self, format_name: str, *, stream_s: float | None, container_s: float | None, tag: str | None
    ) -> float | None:
        """The length that the container promises, None where ffmpeg's figure is only an estimate.

        ffmpeg's figures are `stream_s` and `container_s`; `tag` is Matroska's, as HH:MM:SS.fraction.
        """
        short = _short(format_name)
        if short == "wav":
            return self._wav_s()
        if short == "matroska":
            return _clock_s(tag) if tag else container_s
        if short == "mp3":
            return stream_s if b"Xing" in self.sound or b"Info" in self.sound else None
        return stream_s if short in _HONEST_LENGTH else None

    def why_unreadable(self) -> str:
        if self.head[4:8] == b"ftyp":
            return "this MP4 file has no index: it was cut off before its end, where the index is kept"
        return (
            "this is no recording that can be read "
            "(WAV, MP3, FLAC, M4A, MP4, MOV, Ogg, Opus, WebM, MKV, AAC, AIFF, AMR, WMA and CAF can)"
        )

    def _wav_s(self) -> float | None:
        """A WAV file's own promise; ffmpeg would clip it to the size of the file."""
        at, bytes_per_s = 12, 0
        while at + 8 <= len(self.head):
            name, size = self.head[at : at + 4], int.from_bytes(self.head[at + 4 : at + 8], "little")
            if name == b"fmt " and at + 20 <= len(self.head):
                (bytes_per_s,) = struct.unpack_from("<I", self.head, at + 16)
            if name == b"data":
                return size / bytes_per_s if bytes_per_s and 0 < size < _STREAMED_WAV_BYTES else None
            at += 8 + size + size % 2
        return None


def _short(format_name: str) -> str:
    return format_name.partition(",")[0]


def _id3_bytes(head: bytes) -> int:
    """How long an ID3v2 tag at the start is; its size has seven bits in a byte."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    a, b, c, d = head[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _clock_s(text: str) -> float | None:
    try:
        hours, minutes, seconds = map(float, text.split(":"))
    except ValueError:
        return None
    parts_s = (hours * 3600, minutes * 60, seconds)
    return sum(parts_s) if all(0 <= part_s < math.inf for part_s in parts_s) else None
