"""The process in which recordings are opened: it has limits, sees no secrets, and may crash.

Requests about one recording, `{"op": "probe" | "blocks", "path", …}` as `PyAvDecoder` sends them; replies:

    {"kind": "alive"}                                    still working, for the stall limit
    {"kind": "probed", "duration", "media_type", …}      the answer to a probe
    {"kind": "block", "channels"} + float32 (channels, n)
    {"kind": "end", "decoded_s", "expected_s", "lost_s", "problem"}
    {"kind": "refused", "reason", "too_large"}           and "unforeseen", a traceback, where it is one
"""

import os
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import av

from app.adapters.outbound.audio.decoding.recording import Recording, Refused
from app.adapters.outbound.child_channel import Channel

BLOCK_S = 5
_PACKETS_BETWEEN_SIGNS_OF_LIFE = 20_000
_WALK_S = 300.0
"""A probe walks the packets of so much sound. What is longer is as long as its header says, where that can be
trusted: to walk ten hours takes seconds, in which nobody is heard yet.
"""
_LEAST_GAP_S = 0.1
"""Time stamps jitter by less; a larger jump means that sound is missing, and silence takes its place."""

_MAX_SPLIT_CHANNELS = 16
_PADDING_S = 1.0
"""A recording may be over the limit by this much: encoders round its length up."""


class Limits:
    """What this process may use. The CPU allowance grows with the sound that it has got through."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._cpu_base_s: float = request["cpu_base_s"] + time.process_time()
        self._cpu_ratio: float = request["cpu_ratio"]
        self._max_duration_s: float = request["max_duration_s"]
        self._granted_cpu_s = 0
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (request["memory_limit_bytes"],) * 2)
        self.allow(0.0)

    def allow(self, done_s: float) -> None:
        """Grant CPU for `done_s` seconds of sound. Raises `Refused` when that is more than is allowed."""
        if done_s > self._max_duration_s + _PADDING_S:
            raise Refused(
                f"the recording is longer than the limit of {self._max_duration_s:g} s "
                "(MAX_AUDIO_DURATION_S)",
                too_large=True,
            )
        # The kernel enforces it with SIGXCPU, so it holds inside of C too.
        cpu_s = max(1, round(self._cpu_base_s + self._cpu_ratio * done_s))
        if cpu_s != self._granted_cpu_s:
            self._granted_cpu_s = cpu_s
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    # BLAS would reserve address space for a thread per core, and nothing here multiplies matrices.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    channel = Channel.open()
    if sys.argv[1:] == ["ahead"]:
        _import_what_decodes()
    while (received := channel.receive()) is not None:
        _answer(channel, received[0])
        # Whoever has looked at a recording soon hears it.
        _import_what_decodes()


def _answer(channel: Channel, request: dict[str, Any]) -> None:
    try:
        limits = Limits(request)
        recording = Recording(Path(request["path"]))
        if request["op"] == "probe":
            _probe(channel, recording, limits)
        else:
            _blocks(channel, recording, limits, request)
    except Refused as refusal:
        channel.send({"kind": "refused", "reason": refusal.reason, "too_large": refusal.too_large})
    except MemoryError:
        limit_mib = request["memory_limit_bytes"] >> 20
        reason = f"decoding it needs more than the limit of {limit_mib} MiB of memory"
        channel.send({"kind": "refused", "reason": reason, "too_large": True})
    except (av.FFmpegError, OSError) as error:
        channel.send({"kind": "refused", "reason": f"it cannot be read: {error}", "too_large": False})
    except ImportError:
        raise
    except Exception:  # noqa: BLE001 - whatever a file brings about here is the file's fault
        cause = traceback.format_exc()
        channel.send(
            {"kind": "refused", "reason": "it cannot be read", "too_large": False, "unforeseen": cause}
        )


def _probe(channel: Channel, recording: Recording, limits: Limits) -> None:
    heard = False
    duration_s = None
    for count, packet in enumerate(recording.packets()):
        heard = heard or any(frame.samples for frame in recording.decode(packet))
        if count % _PACKETS_BETWEEN_SIGNS_OF_LIFE == 0:
            limits.allow(recording.walked_s)
            channel.send({"kind": "alive"})
        if heard and recording.walked_s > _WALK_S and (recording.promised_s or 0.0) > recording.walked_s:
            duration_s = recording.promised_s
            break
    if not heard and not any(frame.samples for frame in recording.decode(None)):
        raise _nothing_heard(recording)
    duration_s = duration_s or recording.walked_s
    limits.allow(duration_s)
    context = recording.stream.codec_context
    channel.send(
        {
            "kind": "probed",
            "duration": duration_s,
            "media_type": recording.media_type,
            "channels": context.channels,
            "sample_rate_hz": context.sample_rate,
        }
    )


def _blocks(channel: Channel, recording: Recording, limits: Limits, request: dict[str, Any]) -> None:
    # Here and not above: a probe needs no numpy, and starts twice as fast without it.
    from app.adapters.outbound.audio.decoding.block_buffer import BlockBuffer
    from app.adapters.outbound.audio.decoding.resampling import Resampling

    rate_hz: int = request["sample_rate_hz"]
    mix = request["channels"] == "mix"
    resampling = Resampling(rate_hz=rate_hz, mix=mix)
    blocks: BlockBuffer | None = None
    position_s = gaps_s = 0.0
    for frame in recording.frames():
        if blocks is None:
            count = 1 if mix else frame.layout.nb_channels
            if count > _MAX_SPLIT_CHANNELS:
                raise Refused(f"it has {count} channels; at most {_MAX_SPLIT_CHANNELS} can be kept apart")
            blocks = BlockBuffer(
                channels=count,
                size=BLOCK_S * rate_hz,
                emit=lambda block: channel.send({"kind": "block", "channels": len(block)}, block.tobytes()),
            )
        jump_s = recording.jump_s(position_s, frame.pts)
        if jump_s > _LEAST_GAP_S:
            for part in resampling.flush():
                blocks.add(part)
            position_s += jump_s
            gaps_s += jump_s
            blocks.pad_to(round(position_s * rate_hz))
        position_s += frame.samples / frame.sample_rate
        limits.allow(position_s)
        for part in resampling.push(frame):
            blocks.add(part)
    if blocks is None or position_s == 0.0:
        raise _nothing_heard(recording)
    for part in resampling.flush():
        blocks.add(part)
    blocks.finish()
    if not blocks.emitted:
        raise Refused("it holds no sound: what there is, is too short to be heard")
    promised_s = recording.promised_s
    channel.send(
        {
            "kind": "end",
            "decoded_s": position_s,
            "expected_s": max(promised_s or 0.0, recording.walked_s),
            "lost_s": recording.lost_s if recording.may_pause else max(recording.lost_s, gaps_s),
            "problem": recording.problem,
        }
    )


def _import_what_decodes() -> None:
    import app.adapters.outbound.audio.decoding.block_buffer
    import app.adapters.outbound.audio.decoding.resampling  # noqa: F401 - whoever decodes finds it there


def _nothing_heard(recording: Recording) -> Refused:
    if recording.walked_s == 0.0 and recording.problem is None:
        return Refused("it holds no sound: there is a header, but nothing after it")
    return Refused(f"its sound ({recording.stream.codec_context.name}) cannot be decoded")


if __name__ == "__main__":
    main()
