"""A server as `diarist serve` starts it, but with the engine that is measured.

    python -m bench.serving PORT THREADS TOKENS CTRANSLATE2_FOLDER DATA_FOLDER COUNTS_FILE

On SIGUSR1 it writes into COUNTS_FILE what it did since the last time.
"""

import json
import signal
import sys
from pathlib import Path

from app.infrastructure.container import Container
from app.infrastructure.main import create_app
from app.infrastructure.serving import serve
from bench import ours
from bench.counting import counted
from bench.models import Model


def main() -> None:
    port, threads, tokens, model_folder, data, counts = sys.argv[1:]
    folder = Path(model_folder)
    model = Model(name="", tokens=int(tokens), transformers=folder, ctranslate2=folder)
    settings = ours.settings(int(threads)).model_copy(
        update={
            "app_port": int(port),
            "audio_storage_path": Path(data) / "audio",
            "transcription_storage_path": Path(data) / "transcripts",
            "diarization_engine": "none",
            "log_level": "WARNING",
        }
    )
    container = Container()
    container.settings.override(settings)
    with counted() as counter:

        def tell(*_: object) -> None:
            making = Path(counts).with_suffix(".making")
            making.write_text(json.dumps(counter.take().as_json()), encoding="utf-8")
            making.rename(counts)

        signal.signal(signal.SIGUSR1, tell)
        container.transcription.override(ours.engine(model, threads=int(threads)))
        serve(create_app(settings, container), settings, container)


if __name__ == "__main__":
    main()
