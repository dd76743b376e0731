"""Decoding with ffmpeg's libraries (PyAV), in a child process per recording."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np

from app.adapters.outbound.audio.decoder_children import DecoderChildren
from app.adapters.outbound.child import ChildProcess
from app.domain.audio import SAMPLE_RATE_HZ, AudioProbe, Waveform
from app.domain.errors import AudioTooLarge, AudioTruncated, DiaristError, EngineFailed, InvalidAudio
from app.domain.options import ChannelMode
from app.domain.ports.audio import AudioDecoder

_logger = logging.getLogger(__name__)


class PyAvDecoder(AudioDecoder):
    """Decodes WAV, MP3, FLAC, MP4, Ogg, WebM and others, each file in a child process with limits.

    `max_duration_s` caps what is decoded, whatever a header says. The child may use
    `memory_limit_bytes` of address space, and CPU for `cpu_base_s` seconds plus `cpu_ratio` seconds
    per second of sound; 8 channels of FLAC at 192 kHz took 0.03. Going `stall_limit_s` seconds without a
    sign of life while somebody waits ends it too. All of these raise `AudioTooLarge`. At most
    `probes_at_once` probes run side by side, the others wait. `keep_children`: see `DecoderChildren`;
    `aclose` ends them.

    Gaps in the time stamps, and packets that cannot be decoded, become silence, so that times stay right.
    """

    def __init__(
        self,
        *,
        max_duration_s: float = 24 * 3600.0,
        memory_limit_bytes: int = 1 << 30,
        cpu_base_s: float = 30.0,
        cpu_ratio: float = 0.25,
        stall_limit_s: float = 60.0,
        probes_at_once: int = 2,
        keep_children: bool = False,
    ) -> None:
        self._limits = {
            "max_duration_s": max_duration_s,
            "memory_limit_bytes": memory_limit_bytes,
            "cpu_base_s": cpu_base_s,
            "cpu_ratio": cpu_ratio,
        }
        self._stall_limit_s = stall_limit_s
        self._probing = asyncio.Semaphore(probes_at_once)
        self._children = DecoderChildren(keep=keep_children)

    async def aclose(self) -> None:
        await self._children.aclose()

    async def probe(self, path: Path) -> AudioProbe:
        async with self._probing, self._children.to_probe(path) as child:
            await self._ask(child, path, op="probe")
            header, _ = await self._reply(child)
        return AudioProbe(
            duration=header["duration"],
            media_type=header["media_type"],
            channels=header["channels"],
            sample_rate_hz=header["sample_rate_hz"],
        )

    async def blocks(
        self, path: Path, *, channels: ChannelMode = "mix"
    ) -> AsyncIterator[tuple[Waveform, ...]]:
        done = 0
        async with self._children.to_decode(path) as child:
            await self._ask(child, path, op="blocks", channels=channels, sample_rate_hz=SAMPLE_RATE_HZ)
            while True:
                header, payload = await self._reply(child)
                if header["kind"] == "end":
                    break
                # A copy, because the bytes are read-only and engines want to own their samples.
                block = np.frombuffer(payload, np.float32).reshape(header["channels"], -1).copy()
                start_s = done / SAMPLE_RATE_HZ
                done += block.shape[1]
                yield tuple(Waveform(samples=samples, start_s=start_s) for samples in block)
        _require_complete(header)

    async def _ask(self, child: ChildProcess, path: Path, **request: Any) -> None:
        await child.send({"path": str(path), **request, **self._limits})

    async def _reply(self, child: ChildProcess) -> tuple[dict[str, Any], bytes]:
        """The child's next frame that is more than a sign of life; its refusals and its end are raised."""
        while True:
            try:
                async with asyncio.timeout(self._stall_limit_s):
                    frame = await child.receive()
            except TimeoutError as error:
                raise AudioTooLarge(
                    f"decoding it stood still for longer than the limit of {self._stall_limit_s:g} s"
                ) from error
            if frame is None:
                raise await self._death(child)
            header, payload = frame
            if header["kind"] == "refused":
                if cause := header.get("unforeseen"):
                    _logger.warning("decoding failed in a way nobody foresaw: %s", cause)
                kind = AudioTooLarge if header["too_large"] else InvalidAudio
                raise kind(header["reason"])
            if header["kind"] != "alive":
                return header, payload

    async def _death(self, child: ChildProcess) -> DiaristError:
        status = await child.wait()
        if status == -signal.SIGXCPU:
            return AudioTooLarge(
                f"decoding it takes more CPU than the limit of {self._limits['cpu_base_s']:g} s "
                f"and {self._limits['cpu_ratio']:g} s per second of sound"
            )
        reason = await child.exit_reason()
        _logger.warning("decoder child died: %s", reason)
        if status < 0:
            return InvalidAudio(f"decoding it crashed ({reason})")
        return EngineFailed("PyAV", reason)


def _require_complete(end: dict[str, Any]) -> None:
    """Raise `AudioTruncated` if more than a second (or 1 %) is missing at the end or was damaged."""
    decoded_s, expected_s, lost_s = end["decoded_s"], end["expected_s"], end["lost_s"]
    if decoded_s < expected_s - max(1.0, expected_s / 100):
        reason = f"the recording ends after {decoded_s:.1f} s of {expected_s:.1f} s"
    elif end["problem"]:
        reason = f"the recording cannot be read further than {decoded_s:.1f} s: {end['problem']}"
    elif lost_s > max(1.0, expected_s / 100):
        reason = f"about {lost_s:.1f} s of the recording are damaged and were taken as silence"
    else:
        return
    raise AudioTruncated(decoded_s=decoded_s, expected_s=expected_s, reason=reason)
