"""What `diarist transcribe` does once its arguments are understood."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from app.adapters.inbound.cli.inputs import Recording, read_stdin
from app.adapters.inbound.cli.outputs import print_transcript, save_transcript
from app.adapters.inbound.cli.program import Program
from app.adapters.inbound.cli.progress import progress_bar
from app.application.closing import closing
from app.application.formats import Format
from app.application.formats.cues import CueLayout
from app.application.use_cases import UseCases
from app.domain.errors import DiaristError, InvalidOptions
from app.domain.events import Done
from app.domain.options import TranscriptionOptions
from app.domain.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to do: `output` None is standard output, `data_dir` None keeps nothing but what is written."""

    recordings: Sequence[Recording]
    options: TranscriptionOptions
    formats: Sequence[Format]
    layout: CueLayout
    output: Path | None
    data_dir: Path | None


async def transcribe_all(program: Program, task: Task) -> bool:
    """One recording after the other, each using the whole machine; False if any failed.

    Raises `InvalidOptions`, which would fail them all, and what opening the program raises.
    """
    done = True
    async with program.open(task.data_dir) as use_cases:
        for recording in task.recordings:
            try:
                transcript = await _transcribe(use_cases, recording, task)
                if task.output is not None:
                    for chosen in task.formats:
                        save_transcript(transcript, chosen, task.layout, task.output / recording.stem)
            except InvalidOptions:
                raise
            except (DiaristError, OSError) as error:
                complain(f"{recording.name}: {reason_of(error)}")
                done = False
                continue
            for warning in transcript.warnings:
                complain(f"{recording.name}: warning: {warning.message}")
            if task.output is None:
                print_transcript(transcript, task.formats[0], task.layout, recording.stem.name)
    return done


async def _transcribe(use_cases: UseCases, recording: Recording, task: Task) -> Transcript:
    content = recording.path or read_stdin()
    events = use_cases.transcribe_file.execute(
        recording.stem.name if recording.path is None else recording.path.name,
        content,
        task.options,
        keep=task.data_dir is not None,
    )
    with progress_bar(recording.name) as show:
        async with closing(events):
            async for event in events:
                show(event)
                if isinstance(event, Done):
                    return event.transcript
    raise AssertionError("the events end with Done, or raise")


def complain(message: str) -> None:
    typer.echo(f"diarist: {message}", err=True)


def reason_of(error: Exception) -> str:
    """Without the number, where the system says what is wrong."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)
