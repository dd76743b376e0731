"""From weights of transformers to weights of CTranslate2. Runs in a child process only: it imports torch."""

import shutil
from pathlib import Path

from app.adapters.outbound.models.contents import GENERATION, TOKENIZER

QUANTIZATION = "float16"
"""CTranslate2 loads it as any type that the device computes in, and it takes half of float32's room."""


def convert(source: Path, target: Path) -> Path:
    """Write `model.bin` and what belongs beside it into a folder that does not exist yet."""
    from app.adapters.outbound import torchaudio_stand_in

    torchaudio_stand_in.install()
    from ctranslate2.converters import TransformersConverter  # type: ignore[import-untyped]

    # As float16 from the start: sources of float32 would take twice the memory, to be rounded just the same.
    converter = TransformersConverter(str(source), load_as_float16=True, low_cpu_mem_usage=True)
    converter.convert(str(target), quantization=QUANTIZATION)
    for name in (TOKENIZER, GENERATION):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    return target
