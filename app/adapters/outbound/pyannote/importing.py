"""Importing pyannote.audio: three seconds, telemetry off, and nothing printed."""

import logging
import os
import warnings
from importlib import import_module

from app.adapters.outbound import torchaudio_stand_in
from app.adapters.outbound.torch_threads import wait_without_spinning

_THAT_PRINT = (
    "pyannote.audio.core.pipeline",
    "pyannote.audio.pipelines.clustering",
    "pyannote.audio.utils.vbx",
)

log = logging.getLogger(__name__)


def import_pyannote() -> None:
    """Import it the way it works here, once; later imports of its modules are quick. Blocks.

    Its telemetry stays off, whatever the environment says: Diarist tells nobody that it is used. That
    torchcodec cannot be loaded is no news, since sound is always handed over in memory. What its modules
    print goes to the log: on the standard output of the command line there are transcripts.
    """
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    wait_without_spinning()
    torchaudio_stand_in.install()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*torchcodec", category=UserWarning)
        for name in _THAT_PRINT:
            vars(import_module(name))["print"] = _to_the_log


def _to_the_log(*words: object, **_: object) -> None:
    log.info("pyannote: %s", " ".join(map(str, words)).strip())
