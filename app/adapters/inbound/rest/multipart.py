"""Uploads, read while they come in."""

from collections.abc import AsyncIterator

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

FIELD = "file"


class Upload:
    """The one `file` of a multipart form. Its bytes are handed on as they come: not held, not spooled.

    Reading no further holds up the client. Raises `HTTPException` for what is not such a form, and
    `ClientDisconnect` when the client leaves before the end.
    """

    def __init__(self, request: Request) -> None:
        media_type, parameters = parse_options_header(request.headers.get("content-type"))
        if media_type != b"multipart/form-data":
            raise HTTPException(415, f"send the recording as multipart/form-data, in a field named {FIELD!r}")
        if not parameters.get(b"boundary"):
            raise HTTPException(400, "Content-Type names no boundary")
        try:
            self._parser = MultipartParser(
                parameters[b"boundary"],
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._read_name,
                    "on_header_value": self._read_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_content,
                    "on_part_data": self._read_content,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise HTTPException(400, str(error)) from error
        self._body = request.stream()
        self._filename: str | None = None
        self._content: list[bytes] = []
        self._ended = False
        self._headers: dict[bytes, bytes] = {}
        self._header_name, self._header_value = b"", b""

    async def filename(self) -> str:
        """The name that the client gave, "" for none. Reads as far as that."""
        while self._filename is None:
            await self._read()
        return self._filename

    async def content(self) -> AsyncIterator[bytes]:
        """The bytes of the file; goes on after `filename`."""
        while True:
            came, self._content = self._content, []
            for part in came:
                yield part
            if self._ended:
                return
            await self._read()

    async def _read(self) -> None:
        chunk = await anext(self._body, b"")
        if not chunk:
            raise HTTPException(400, "the form ends before its closing boundary")
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise HTTPException(400, f"not a form as Content-Type describes it: {error}") from error
        if self._ended and self._filename is None:
            raise HTTPException(422, f"the form has no field named {FIELD!r}")

    def _begin_part(self) -> None:
        self._headers = {}

    def _read_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name, self._header_value = b"", b""

    def _begin_content(self) -> None:
        _, parameters = parse_options_header(self._headers.get(b"content-disposition"))
        name = parameters.get(b"name", b"").decode(errors="replace")
        if name != FIELD:
            raise HTTPException(422, f"the form has a field named {name!r}; it may have only {FIELD!r}")
        if self._filename is not None:
            raise HTTPException(422, "the form has more than one file; send one at a time")
        self._filename = parameters.get(b"filename", b"").decode(errors="replace")

    def _read_content(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def _end(self) -> None:
        self._ended = True
