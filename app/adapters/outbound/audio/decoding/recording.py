"""A recording as PyAV sees it: opened safely, its sound found, its packets counted."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.stream import Discard, Disposition

from app.adapters.outbound.audio.decoding.container_header import ContainerHeader

SoundPacket: TypeAlias = "av.Packet[AudioStream]"

_FORMATS = "wav,mp3,flac,ogg,mov,matroska,aac,aiff,amr,asf,caf,w64"
"""Containers that hold sound themselves. Playlists and scripts, which only point at it, are not here."""

_MAX_GAP_S = 3600.0
"""A longer jump of the time stamps is a broken clock, not a pause, and is ignored."""

_MAX_STEP_BACK_S = 1.0

_MAX_CHANNELS = 64
_LEAST_RATE_HZ, _GREATEST_RATE_HZ = 1_000, 768_000

_MAX_READ_FAILURES = 50
"""In a row, before the rest of the file is given up."""

_MAY_PAUSE = ("mov", "matroska", "asf")
"""Containers whose time stamps may leave out silence; in others a gap is a loss."""


class Refused(Exception):
    """The recording cannot be used; `too_large` when that is because of a limit."""

    def __init__(self, reason: str, *, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.too_large = too_large


class Recording:
    """The best audio stream of a file. Raises `Refused` when there is none.

    Second 0 is where the container begins, so a sound track that starts later than its video is
    late by as much. While packets are read, `walked_s` is where the last one ends, `lost_s` how
    much could not be decoded, and `problem` why reading stopped, if it was not the end.
    """

    def __init__(self, path: Path) -> None:
        self._header = ContainerHeader.read(path)
        if self._header.size_bytes == 0:
            raise Refused("the file is empty")
        try:
            # By path, never as a file object: only then does the protocol whitelist hold.
            self._container = av.open(
                str(path.absolute()),
                options={"format_whitelist": _FORMATS, "protocol_whitelist": "file"},
                metadata_errors="ignore",
            )
        except (av.InvalidDataError, av.EOFError, av.ArgumentError) as error:
            raise Refused(self._header.why_unreadable()) from error
        self.stream = self._sound()
        self._tick_s = float(self.stream.time_base or 0)
        self._start_s = (self._container.start_time or 0) / av.time_base
        self.walked_s = 0.0
        self.lost_s = 0.0
        self.problem: str | None = None

    def _sound(self) -> AudioStream:
        sound = self._container.streams.best("audio")
        if not isinstance(sound, AudioStream):
            raise Refused("the video has no sound track" if self._has_video else "there is no sound in it")
        if sound.codec_context is None:
            raise Refused("its sound is in a format that cannot be decoded")
        for stream in self._container.streams:
            if stream is not sound:
                stream.discard = Discard.all
        # One thread: the CPU limit is for the work, not for the machine it is done on.
        sound.codec_context.thread_count = 1
        return sound

    @property
    def _has_video(self) -> bool:
        # A cover picture is a video stream too.
        return any(not v.disposition & Disposition.attached_pic for v in self._container.streams.video)

    @property
    def media_type(self) -> str:
        return self._header.media_type(self._container.format.name, has_video=self._has_video)

    @property
    def promised_s(self) -> float | None:
        """How long the container says its sound is, None where it does not say."""
        stream = self.stream
        duration_s = None
        if stream.duration is not None:
            duration_s = stream.duration * self._tick_s + (self.clip_time(stream.start_time) or 0)
        whole_s = self._container.duration
        return self._header.promised_s(
            self._container.format.name,
            stream_s=duration_s,
            container_s=None if whole_s is None or self._has_video else whole_s / av.time_base,
            tag=stream.metadata.get("DURATION"),
        )

    def clip_time(self, pts: int | None) -> float | None:
        """A time stamp of the stream in seconds from the start of the clip."""
        return None if pts is None else pts * self._tick_s - self._start_s

    def packets(self) -> Iterator[SoundPacket]:
        """All packets with sound, as far as they can be read; damage is stepped over where that works."""
        failures = 0
        while failures < _MAX_READ_FAILURES:
            try:
                for packet in self._container.demux(self.stream):
                    if packet.size:
                        failures = 0
                        self._walk(packet)
                        yield packet
                return
            except MemoryError:
                raise
            except av.FFmpegError as error:
                failures += 1
                problem = error.strerror
        self.problem = problem

    @property
    def may_pause(self) -> bool:
        return self._container.format.name.startswith(_MAY_PAUSE)

    def decode(self, packet: "SoundPacket | None") -> list[av.AudioFrame]:
        """The frames of a packet (of the decoder's memory for None); nothing of a damaged one."""
        try:
            frames = self.stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except av.FFmpegError:
            self.lost_s += self._seconds(packet)
            return []
        for frame in frames:
            _require_plausible(frame.layout.nb_channels, frame.sample_rate)
        return frames

    def frames(self) -> Iterator[av.AudioFrame]:
        for packet in self.packets():
            yield from self.decode(packet)
        yield from self.decode(None)

    def jump_s(self, position_s: float, pts: int | None) -> float:
        """How far a time stamp is from where the sound before it ended; 0 if it cannot be believed."""
        time_s = self.clip_time(pts)
        if time_s is None or not -_MAX_STEP_BACK_S < time_s - position_s <= _MAX_GAP_S:
            return 0.0
        return time_s - position_s

    def _walk(self, packet: SoundPacket) -> None:
        end_s = self.walked_s + self.jump_s(self.walked_s, packet.pts) + self._seconds(packet)
        self.walked_s = max(self.walked_s, end_s)

    def _seconds(self, packet: "SoundPacket | None") -> float:
        return 0.0 if packet is None else (packet.duration or 0) * self._tick_s


def _require_plausible(channels: int, rate_hz: int) -> None:
    """Raises `Refused` for what nobody records, and the filters cannot take."""
    if channels > _MAX_CHANNELS:
        raise Refused(f"it has {channels} channels; at most {_MAX_CHANNELS} can be heard")
    if not _LEAST_RATE_HZ <= rate_hz <= _GREATEST_RATE_HZ:
        raise Refused(
            f"it has {rate_hz} samples a second; from {_LEAST_RATE_HZ} to {_GREATEST_RATE_HZ} can be heard"
        )
