import struct
from pathlib import Path

import pytest

from app.adapters.outbound.audio.decoding.container_header import ContainerHeader
from tests.fixtures import sounds


def header(tmp_path: Path, content: bytes) -> ContainerHeader:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return ContainerHeader.read(path)


def promise(header: ContainerHeader, format_name: str, tag: str | None = None) -> float | None:
    return header.promised_s(format_name, stream_s=4.0, container_s=5.0, tag=tag)


def test_a_wav_promises_the_size_of_its_data_whatever_chunks_come_before(tmp_path: Path) -> None:
    content = sounds.write_wav(tmp_path / "whole.wav", sounds.tone(3.0)).read_bytes()
    odd_chunk = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    for with_chunks in (content, content[:36] + odd_chunk + content[36:]):
        assert promise(header(tmp_path, with_chunks[:100]), "wav") == 3.0


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", b"\0" * 70_000])
def test_a_broken_wav_promises_nothing(tmp_path: Path, content: bytes) -> None:
    assert promise(header(tmp_path, content), "wav") is None


def test_an_mp3_promises_only_with_a_header_frame_and_an_id3_tag_may_come_before_it(tmp_path: Path) -> None:
    picture = bytes(300_000)
    size = bytes(
        [len(picture) >> 21 & 127, len(picture) >> 14 & 127, len(picture) >> 7 & 127, len(picture) & 127]
    )
    tag = b"ID3\x04\x00\x00" + size + picture
    for before in (b"", tag):
        assert promise(header(tmp_path, before + b"\xff\xfb\x90\x00....Xing...."), "mp3") == 4.0
        assert promise(header(tmp_path, before + b"\xff\xfb\x90\x00............"), "mp3") is None


def test_matroska_promises_by_its_tag_first(tmp_path: Path) -> None:
    empty = header(tmp_path, b"")
    assert promise(empty, "matroska,webm", "01:02:03.500000000") == 3723.5
    assert promise(empty, "matroska,webm", "soon") is None
    assert promise(empty, "matroska,webm") == 5.0


@pytest.mark.parametrize(
    "tag", ["9" * 400 + ":0:0", "0:0:nan", "0:0:inf", "-1:0:0", "0:0:-1", "9" * 5_000 + ":0:0"]
)
def test_a_tag_that_cannot_be_a_length_promises_nothing(tmp_path: Path, tag: str) -> None:
    assert promise(header(tmp_path, b""), "matroska,webm", tag) is None


@pytest.mark.parametrize("format_name", ["flac", "mov,mp4,m4a,3gp,3g2,mj2", "aiff"])
def test_an_honest_header_is_believed(tmp_path: Path, format_name: str) -> None:
    assert promise(header(tmp_path, b""), format_name) == 4.0


@pytest.mark.parametrize("format_name", ["ogg", "aac", "amr"])
def test_an_estimate_is_no_promise(tmp_path: Path, format_name: str) -> None:
    assert promise(header(tmp_path, b""), format_name) is None


@pytest.mark.parametrize(
    ("content", "format_name", "has_video", "media_type"),
    [
        (b"\0\0\0\x14ftypqt  ", "mov,mp4", True, "video/quicktime"),
        (b"\0\0\0\x14ftypisom", "mov,mp4", True, "video/mp4"),
        (b"\0\0\0\x14ftypM4A ", "mov,mp4", False, "audio/mp4"),
        (b"\x1aE\xdf\xa3 webm", "matroska,webm", False, "audio/webm"),
        (b"\x1aE\xdf\xa3 matroska", "matroska,webm", True, "video/x-matroska"),
        (b"", "asf", False, "audio/x-ms-wma"),
        (b"", "asf", True, "video/x-ms-wmv"),
        (b"", "something new", False, "application/octet-stream"),
    ],
)
def test_the_media_type_is_that_of_the_content(
    tmp_path: Path, content: bytes, format_name: str, has_video: bool, media_type: str
) -> None:
    assert header(tmp_path, content).media_type(format_name, has_video=has_video) == media_type
