"""Voice activity by Silero VAD, from the model file that its pip package carries."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from app.adapters.outbound.voice_activity.framing import FRAME_S, FrameCutter
from app.domain.audio import Waveform
from app.domain.engine import EngineInfo
from app.domain.errors import EngineFailed, EngineUnavailable
from app.domain.ports import VoiceActivityPort, VoiceListener
from app.domain.voice import VoiceActivity

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # it ships no types

MODEL = "silero_vad_16k_sequence"
CONTEXT_SAMPLES = 64
"""Each frame is heard together with so many samples before it (Silero VAD at 16 kHz)."""

Result = TypeVar("Result")
Floats = npt.NDArray[np.float32]


class SileroVoiceActivity(VoiceActivityPort):
    """Silero VAD's 16 kHz model, run by onnxruntime in one thread that all listeners share.

    Only the model file of the `silero_vad` package is used: importing the package would bring torch
    along. A listener's first block loads it, and raises `EngineUnavailable` when it is missing.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._session: InferenceSession | None = None

    def describe(self) -> EngineInfo:
        return EngineInfo(name="silero", model=MODEL)

    def check(self) -> None:
        _model_file()

    async def aclose(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = self._session = None

    async def load(self) -> None:
        await self._in_thread(self._loaded)

    def listen(self) -> VoiceListener:
        return _SileroListener(self)

    async def infer(self, inputs: dict[str, Floats]) -> list[Floats]:
        """One run of the model over consecutive frames. Raises `EngineUnavailable`, `EngineFailed`."""
        return await self._in_thread(lambda: self._infer(inputs))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="silero")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _loaded(self) -> "InferenceSession":
        self._session = self._session or _load()
        return self._session

    def _infer(self, inputs: dict[str, Floats]) -> list[Floats]:
        session = self._loaded()
        from onnxruntime.capi.onnxruntime_pybind11_state import (  # type: ignore[import-untyped]  # no types
            Fail,
            RuntimeException,
        )

        try:
            outputs: list[Floats] = session.run(["speech_probs", "hn", "cn"], inputs)
        except (Fail, RuntimeException) as error:
            raise EngineFailed("silero", str(error)) from error
        return outputs


class _SileroListener(VoiceListener):
    def __init__(self, engine: SileroVoiceActivity) -> None:
        self._engine = engine
        self._cutter = FrameCutter()
        self._context = np.zeros((1, CONTEXT_SAMPLES), np.float32)
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)

    async def hear(self, block: Waveform) -> VoiceActivity:
        start_s, frames = self._cutter.cut(block)
        probabilities = np.zeros(0, np.float32)
        if len(frames):
            tails = np.concatenate((self._context, frames[:, -CONTEXT_SAMPLES:]))
            inputs = {
                "input": np.concatenate((tails[:-1], frames), axis=1),
                "h": self._hidden,
                "c": self._cell,
            }
            probabilities, self._hidden, self._cell = await self._engine.infer(inputs)
            self._context = tails[-1:]
        return VoiceActivity(start_s=start_s, frame_s=FRAME_S, probabilities=probabilities.reshape(-1))


def _model_file() -> Path:
    package = find_spec("silero_vad")
    if package is None or package.origin is None:
        raise EngineUnavailable("silero", "its package is not installed", "Run: pip install silero-vad")
    if find_spec("onnxruntime") is None:
        raise EngineUnavailable("silero", "onnxruntime is not installed", "Run: pip install onnxruntime")
    model = Path(package.origin).parent / "data" / f"{MODEL}.onnx"
    if not model.is_file():
        raise EngineUnavailable(
            "silero", f"its package has no {MODEL}.onnx", "Run: pip install -U 'silero-vad>=6.2'"
        )
    return model


def _load() -> "InferenceSession":
    model = _model_file()
    # Since 1.31 onnxruntime reports its use to Microsoft, unless told not to before it is imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        from onnxruntime import InferenceSession, SessionOptions
    except ImportError as error:
        raise EngineUnavailable("silero", str(error), "Run: pip install onnxruntime") from error
    options = SessionOptions()
    # The model is too small to gain from threads, and the cores belong to recognition.
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    from onnxruntime.capi.onnxruntime_pybind11_state import (
        Fail,
        InvalidGraph,
        InvalidProtobuf,
        NoSuchFile,
        RuntimeException,
    )

    try:
        return InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf, NoSuchFile, RuntimeException) as error:
        reason = f"{model.name} cannot be read ({error})"
        raise EngineUnavailable("silero", reason, "Run: pip install --force-reinstall silero-vad") from error
