"""A form gives the same file, however the network cuts it into pieces."""

from collections.abc import Iterator

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.adapters.inbound.rest.multipart import Upload

BOUNDARY = b"--x"


def upload_of(body: bytes, cuts: list[int]) -> Upload:
    ends = sorted({min(cut, len(body)) for cut in cuts} | {len(body)})
    pieces: Iterator[tuple[bytes, bool]] = iter(
        [
            (body[start:end], end < len(body))
            for start, end in zip([0, *ends], ends, strict=False)
            if start < end
        ]
    )

    async def receive() -> dict[str, object]:
        piece, more = next(pieces, (b"", False))
        return {"type": "http.request", "body": piece, "more_body": more}

    headers = [(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)]
    return Upload(Request({"type": "http", "method": "POST", "headers": headers}, receive))


def form(content: bytes, filename: str) -> bytes:
    head = f'--{BOUNDARY.decode()}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
    return head.encode() + b"Content-Type: audio/wav\r\n\r\n" + content + b"\r\n--" + BOUNDARY + b"--\r\n"


# Contents that look like boundaries are the hard ones.
contents = st.lists(st.sampled_from([b"\r\n", b"--x", b"\r\n--", b"-", b"\r", b"a", b"\0"]), max_size=12).map(
    b"".join
)
cuts = st.lists(st.integers(0, 200), max_size=8)


@given(contents.filter(lambda content: b"\r\n--" + BOUNDARY not in b"\r\n" + content), cuts)
async def test_a_file_comes_out_as_it_went_in(content: bytes, cuts: list[int]) -> None:
    upload = upload_of(form(content, "ä.wav"), cuts)
    assert await upload.filename() == "ä.wav"
    assert b"".join([part async for part in upload.content()]) == content


@given(st.integers(0, 100), cuts)
async def test_a_form_that_ends_early_is_refused_wherever_it_ends(length: int, cuts: list[int]) -> None:
    body = form(b"content", "a.wav")
    upload = upload_of(body[: min(length, len(body) - 6)], cuts)
    with pytest.raises(HTTPException) as refused:
        _ = await upload.filename(), [part async for part in upload.content()]
    assert refused.value.status_code == 400
