"""Frames of any kind to float32 at one rate."""

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

Samples = npt.NDArray[np.float32]

_STEP_S = 0.25
"""The filters run on steps of this length, because frames can be so short that the calls cost most."""


class Resampling:
    """One pass through ffmpeg's filters; it starts afresh when the sound changes its kind.

    With `mix` the channels become one, their plain mean: ffmpeg's own downmix weighs channels by
    where they stand and can clip, while here everybody who speaks is equally worth hearing.
    """

    def __init__(self, *, rate_hz: int, mix: bool) -> None:
        self._rate_hz = rate_hz
        self._mix = mix
        self._kind: tuple[str, str, int] | None = None
        self._graph = Graph()
        self._waiting = 0

    def push(self, frame: av.AudioFrame) -> Iterator[Samples]:
        """What comes out when `frame` goes in: parts of shape (channels, n)."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            yield from self.flush()
            self._kind, self._graph = kind, self._build(frame)
        # The filters would take a time stamp as a wish to shift the sound.
        frame.pts = None
        self._graph.push(frame)
        self._waiting += frame.samples
        if self._waiting >= _STEP_S * frame.sample_rate:
            yield from self._pull()

    def flush(self) -> Iterator[Samples]:
        """The rest of what is in the filters. What is pushed next is not joined to it."""
        if self._kind is not None:
            self._kind = None
            self._graph.push(None)
            yield from self._pull()

    def _build(self, frame: av.AudioFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        nodes = [
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format.name,
                layout=frame.layout.name,
                time_base=frame.time_base,
            )
        ]
        nodes.append(graph.add("asetnsamples", f"n={int(_STEP_S * frame.sample_rate)}:p=0"))
        channels = frame.layout.nb_channels
        if self._mix and channels > 1:
            mean = "+".join(f"{1 / channels:.9f}*c{index}" for index in range(channels))
            nodes.append(graph.add("aformat", "sample_fmts=fltp"))
            nodes.append(graph.add("pan", f"mono|c0={mean}"))
        nodes.append(graph.add("aresample", str(self._rate_hz)))
        # Interleaved: PyAV crashes when it reads a frame of eight planes or more.
        nodes.append(graph.add("aformat", "sample_fmts=flt"))
        nodes.append(graph.add("abuffersink"))
        graph.link_nodes(*nodes).configure()
        return graph

    def _pull(self) -> Iterator[Samples]:
        self._waiting = 0
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if isinstance(frame, av.AudioFrame):
                samples = frame.to_ndarray().astype(np.float32, copy=False)
                yield samples.reshape(-1, frame.layout.nb_channels).T
