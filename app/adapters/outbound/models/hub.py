"""The hub, by way of huggingface_hub: what to fetch of a repository, and what its errors mean.

Runs in a child process only. Everything of the library is imported late, since it reads the
environment when it is.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.adapters.outbound.models.contents import (
    check_folder,
    check_layout,
    check_model_type,
    layout_of,
    needed_files,
)
from app.adapters.outbound.models.integrity import NAME_ANOTHER, Unfit, read_json
from app.adapters.outbound.models.names import file_name, is_commit
from app.adapters.outbound.models.pipelines import check_pipeline, pipeline_files

TOKEN_REMEDY = "Set HUGGINGFACE_AUTH_TOKEN to a token of an account that may read it"  # noqa: S105

_CLIENTS = frozenset({"httpx", "httpx2", "httpcore", "requests", "urllib3"})


def download(request: dict[str, Any], announce: Callable[[dict[str, Any]], None]) -> Path:
    """Fetch what an engine needs of a repository, and no more; the folder it is in.

    `announce` is told what that is before anything large is fetched, and may take its time. A branch or
    tag leads to the new commit only when all of it is here and whole: until then the earlier one is used.
    """
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache

    model, token, cache = request["model"], request["token"], request["cache"]
    revision = request["revision"] or "main"
    info = HfApi(token=token).model_info(model, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    common = {"repo_id": model, "cache_dir": cache, "token": token}
    if request["layout"] == "pyannote":
        files, check = pipeline_files(sizes), check_pipeline
    else:
        if "config.json" not in sizes:
            raise Unfit("it is no Whisper: it has no config.json", NAME_ANOTHER)
        if layout_of(sizes) != "ctranslate2":
            config = hf_hub_download(filename="config.json", revision=info.sha, **common)
            check_model_type(read_json(Path(config)).get("model_type"))
        files, check = needed_files(sizes), check_folder
        check_layout(layout_of(files) or "transformers", request["layout"])

    found = {name: try_to_load_from_cache(model, name, cache_dir=cache, revision=info.sha) for name in files}
    here = {name: Path(path) for name, path in found.items() if isinstance(path, str)}
    missing = [name for name in files if name not in here]
    spoilt = request["again"] or any(path.stat().st_size != sizes[name] for name, path in here.items())
    # Where some are missing, a download broke off: the others stay.
    again = spoilt and not missing
    announce(
        {
            "total_bytes": sum(sizes[name] for name in files),
            "missing_bytes": sum(sizes[name] for name in (files if again else missing)),
        }
    )
    folder = Path(snapshot_download(revision=info.sha, allow_patterns=files, force_download=again, **common))
    try:
        check(folder)
    except Unfit as unfit:
        anew = f"Run: diarist models rm {model}, and pull it anew; if that does not help, name another"
        raise Unfit(str(unfit), unfit.remedy or anew) from unfit
    if info.sha is not None and not is_commit(revision):
        _refer(Path(cache, f"models--{file_name(model)}"), revision, info.sha)
    return folder


def _refer(repository: Path, revision: str, commit: str) -> None:
    """Have a branch or tag mean a commit from now on, as the library does it where it is given the name."""
    path = repository / "refs" / revision
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = repository / f".ref.{os.getpid()}.part"
    begun.write_text(commit)
    begun.replace(path)


def explain(error: Exception, request: dict[str, Any]) -> dict[str, Any]:
    """The reason and the remedy, in words of ours; `retry` when asking again later may help."""
    from huggingface_hub import constants, errors

    model, retry = request["model"], False
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    remedy: str | None
    if isinstance(error, errors.GatedRepoError):
        reason = "its owner wants to be asked first"
        remedy = f"Accept the terms at {constants.ENDPOINT}/{model}, and set HUGGINGFACE_AUTH_TOKEN"
    elif isinstance(error, errors.RevisionNotFoundError):
        reason = f"it has no revision {request['revision']!r}"
        remedy = f"Check {'' if request['layout'] == 'pyannote' else 'WHISPER_REVISION or '}--revision"
    elif isinstance(error, errors.RepositoryNotFoundError):
        reason = "the hub has no such model, or it is private"
        remedy = f"Check the name. If it is private: {TOKEN_REMEDY}"
    elif status in (401, 403):
        reason, remedy = f"the hub refuses it (status {status})", TOKEN_REMEDY
    elif isinstance(error, errors.OfflineModeIsEnabled) or constants.HF_HUB_OFFLINE:
        reason, retry = "it is not here, and HF_HUB_OFFLINE forbids to ask the hub", True
        remedy = "Unset HF_HUB_OFFLINE, or copy the model here"
    elif isinstance(error, errors.HFValidationError):
        reason, remedy = "the hub has no such names", "Check the name"
    elif status is not None:
        reason, retry = f"the hub cannot serve it now (status {status})", True
        remedy = "Try again later"
    elif isinstance(error, OSError) and error.filename is not None:
        reason, remedy = f"{error.filename}: {error.strerror}", "Check HF_HOME, where downloads are kept"
    elif not any(map(_is_of_transport, _chain(error))):
        reason, retry = f"the download failed: {_cause(error)}", True
        remedy = "Try again; the files that came are kept"
    else:
        reason, retry = f"the hub at {constants.ENDPOINT} cannot be reached: {_cause(error)}", True
        remedy = "Check the network and try again; the files that came are kept"
    return {"reason": reason, "remedy": remedy, "retry": retry}


def _is_of_transport(error: BaseException) -> bool:
    """Whether a connection failed, whichever client of HTTP this version of the library has."""
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, ConnectionError | TimeoutError) or not _CLIENTS.isdisjoint(packages)


def _cause(error: BaseException) -> str:
    """The error at the bottom, in one line: those above it repeat it at length."""
    *_, last = (each for each in _chain(error) if str(each) or each is error)
    return (str(last).strip() or type(last).__name__).splitlines()[0]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
