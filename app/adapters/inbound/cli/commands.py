"""The commands and their options."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from app.adapters.inbound.cli.doctor import print_diagnosis
from app.adapters.inbound.cli.errors import errors_told
from app.adapters.inbound.cli.inputs import find_recordings
from app.adapters.inbound.cli.models import models
from app.adapters.inbound.cli.program import Program
from app.adapters.inbound.cli.transcribing import Task, transcribe_all
from app.adapters.inbound.cli.voices import voices
from app.application.formats import FORMATS, Format
from app.application.formats.cues import DEFAULT_LAYOUT, CueLayout
from app.domain import options as domain
from app.domain.errors import InvalidOptions
from app.domain.options import SpeakerHints, TranscriptionOptions

commands = typer.Typer(
    name="diarist",
    help="Who said what, when, from any recording.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
commands.add_typer(models)
commands.add_typer(voices)


def command_line(program: Program) -> Callable[[], Any]:
    """The command line over a program: a call parses `sys.argv` and ends the process."""
    return partial(commands, obj=program, prog_name="diarist")


def _print_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        typer.echo(f"diarist {ctx.obj.version}")
        raise typer.Exit


@commands.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@commands.command()
def transcribe(
    ctx: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Recordings, folders of them, - for standard input."),
    ],
    format: Annotated[
        list[str], typer.Option("--format", "-f", help=f"Any of {', '.join(FORMATS)}, by commas.")
    ] = ["txt"],  # noqa: B006  # typer copies it
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", file_okay=False, metavar="DIR", help="Write files into this folder."),
    ] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Such as en; default: detect.")] = None,
    task: Annotated[
        str, typer.Option(metavar="transcribe|translate", help="translate: into English.")
    ] = "transcribe",
    diarize: Annotated[bool, typer.Option(help="Tell the speakers apart.")] = True,
    num_speakers: Annotated[
        int | None, typer.Option("--num-speakers", "--speakers", metavar="N", help="How many people speak.")
    ] = None,
    min_speakers: Annotated[int | None, typer.Option(metavar="N", help="At least so many speak.")] = None,
    max_speakers: Annotated[int | None, typer.Option(metavar="N", help="At most so many speak.")] = None,
    word_timestamps: Annotated[bool, typer.Option(help="Give every word its times.")] = True,
    channels: Annotated[
        str, typer.Option(metavar="mix|split", help="split: one speaker per channel.")
    ] = "mix",
    vad: Annotated[bool, typer.Option(help="Leave out what is not speech.")] = True,
    prompt: Annotated[str | None, typer.Option(help="Text in the style to expect.")] = None,
    hotwords: Annotated[str, typer.Option(metavar="WORDS", help="Words to expect, by commas.")] = "",
    temperature: Annotated[float | None, typer.Option(help="0 is greedy, up to 1.")] = None,
    beam_size: Annotated[int | None, typer.Option(help="How many hypotheses are followed.")] = None,
    multilingual: Annotated[
        bool, typer.Option("--multilingual", help="Detect the language again and again: it may change.")
    ] = False,
    max_line_width: Annotated[
        int, typer.Option(metavar="N", help="Subtitles: characters per line.")
    ] = DEFAULT_LAYOUT.max_line_width,
    max_line_count: Annotated[
        int, typer.Option(metavar="N", help="Subtitles: lines per cue.")
    ] = DEFAULT_LAYOUT.max_line_count,
    max_cue_s: Annotated[
        float,
        typer.Option("--max-cue-duration", "--max-cue-s", metavar="SECONDS", help="Subtitles: longest cue."),
    ] = DEFAULT_LAYOUT.max_cue_s,
    data_dir: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep recordings and transcripts in this folder.")
    ] = None,
) -> None:
    """Write down who said what, when. Without -o, one transcript goes to standard output."""
    with errors_told(ctx):
        work = Task(
            recordings=find_recordings(files),
            options=TranscriptionOptions(
                diarize=diarize,
                language=language,
                task=cast(domain.Task, task),
                speakers=SpeakerHints(
                    num_speakers=num_speakers, min_speakers=min_speakers, max_speakers=max_speakers
                ),
                prompt=prompt,
                hotwords=tuple(_listed(hotwords)),
                word_timestamps=word_timestamps,
                channels=cast(domain.ChannelMode, channels),
                vad=vad,
                temperature=temperature,
                beam_size=beam_size,
                multilingual=multilingual,
            ),
            formats=_formats(format),
            layout=CueLayout(
                max_line_width=max_line_width, max_line_count=max_line_count, max_cue_s=max_cue_s
            ),
            output=output,
            data_dir=data_dir,
        )
        if output is None and (len(work.recordings) > 1 or len(work.formats) > 1):
            raise typer.BadParameter("several files or formats need a folder: -o DIR", param_hint="--output")
        if not asyncio.run(transcribe_all(ctx.obj, work)):
            raise typer.Exit(1)


@commands.command()
def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to serve on; default: APP_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to serve on; default: APP_PORT.")
    ] = None,
) -> None:
    """Serve the HTTP interface until Ctrl-C."""
    with errors_told(ctx):
        ctx.obj.serve(host, port)


@commands.command()
def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    load: Annotated[bool, typer.Option(help="Load the engines too, to see that they can be.")] = True,
) -> None:
    """Tell what would run here and why, what is missing, and what mends it."""
    with errors_told(ctx):
        diagnosis = ctx.obj.diagnose(load)
        print_diagnosis(diagnosis, as_json=as_json)
        raise typer.Exit(0 if diagnosis.ready else 1)


def _formats(names: list[str]) -> list[Format]:
    wanted = list(dict.fromkeys(name for listed in names for name in _listed(listed)))
    if not wanted or any(name not in FORMATS for name in wanted):
        raise InvalidOptions("format", f"must be of {', '.join(FORMATS)}, got {', '.join(wanted) or 'none'}")
    return [FORMATS[name] for name in wanted]


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
