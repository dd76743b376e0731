"""A child process's end of its pipes. Standard library only: it is imported before anything heavy is.

A frame is two lengths (header, payload; network byte order), a JSON object and raw bytes.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO

NICENESS = 5
"""Children yield to the server, so that its event loop stays quick while they compute."""

LENGTHS = struct.Struct("!IQ")

_PR_SET_PDEATHSIG = 1


def pack(header: dict[str, Any], payload_bytes: int) -> bytes:
    """The part of a frame that goes before its payload."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), payload_bytes) + text


class Channel:
    """Frames from and to the parent process. One per process, made by `Channel.open()`."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies

    @classmethod
    def open(cls) -> "Channel":
        """Take over stdin and stdout, become nice, and never outlive the parent.

        What a library prints to stdout afterwards goes to stderr, so it cannot break a frame.
        """
        os.nice(NICENESS)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        channel = cls(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
        os.dup2(2, 1)
        return channel

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """The next frame, None when the parent has closed its end or is gone."""
        lengths = self._requests.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return None
        header_bytes, payload_bytes = LENGTHS.unpack(lengths)
        header: dict[str, Any] = json.loads(self._requests.read(header_bytes))
        return header, self._requests.read(payload_bytes)

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send one frame; waits while the parent is not reading. Exits when the parent is gone."""
        try:
            self._replies.write(pack(header, len(payload)))
            self._replies.write(payload)
            self._replies.flush()
        except BrokenPipeError:
            # Not sys.exit: nothing is worth cleaning up, and a second flush would fail again.
            os._exit(0)
