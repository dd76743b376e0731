"""Voice activity by loudness alone."""

import numpy as np

from app.adapters.outbound.voice_activity.framing import FRAME_S, FrameCutter
from app.domain.audio import Waveform
from app.domain.engine import EngineInfo
from app.domain.ports import VoiceActivityPort, VoiceListener
from app.domain.voice import VoiceActivity

SILENT_DBFS = -55.0
LOUD_DBFS = -35.0


class EnergyVoiceActivity(VoiceActivityPort):
    """Calls a frame speech when it is loud: 0 at -55 dBFS and below, 1 at -35 dBFS and above.

    It cannot tell speech from music or noise and misses whispers in a quiet recording. It is for
    tests, and for clean recordings where no model may be used.
    """

    def describe(self) -> EngineInfo:
        return EngineInfo(name="energy", model="rms")

    def listen(self) -> VoiceListener:
        return _EnergyListener()


class _EnergyListener(VoiceListener):
    def __init__(self) -> None:
        self._cutter = FrameCutter()

    async def hear(self, block: Waveform) -> VoiceActivity:
        start_s, frames = self._cutter.cut(block)
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        level_dbfs = 10 * np.log10(np.maximum(power, 1e-12))
        loudness = (level_dbfs - SILENT_DBFS) / (LOUD_DBFS - SILENT_DBFS)
        probabilities = np.clip(loudness, 0.0, 1.0).astype(np.float32)
        return VoiceActivity(start_s=start_s, frame_s=FRAME_S, probabilities=probabilities)
