"""The hub, by way of huggingface_hub: what to fetch of a repository, and what its errors mean.

Runs in a child process only. Everything of the library is imported late, since it reads the
environment when it is.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.adapters.outbound.models.contents import check_layout, check_model_type, layout_of, needed_files
from app.adapters.outbound.models.integrity import NAME_ANOTHER, Unfit, read_json

TOKEN_REMEDY = "Set HUGGINGFACE_AUTH_TOKEN to a token of an account that may read it"  # noqa: S105


def download(request: dict[str, Any], announce: Callable[[dict[str, Any]], None]) -> Path:
    """Fetch what an engine needs of a repository, and no more; the folder it is in.

    `announce` is told what that is before anything large is fetched, and may take its time.
    """
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download, try_to_load_from_cache

    model, token, cache = request["model"], request["token"], request["cache"]
    revision = request["revision"] or "main"
    info = HfApi(token=token).model_info(model, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    if "config.json" not in sizes:
        raise Unfit("it is no Whisper: it has no config.json", NAME_ANOTHER)
    common = {"repo_id": model, "cache_dir": cache, "token": token}
    if layout_of(sizes) != "ctranslate2":
        config = hf_hub_download(filename="config.json", revision=info.sha, **common)
        check_model_type(read_json(Path(config)).get("model_type"))
    files = needed_files(sizes)
    check_layout(layout_of(files) or "transformers", request["layout"])

    def missing_bytes(name: str) -> int:
        here = try_to_load_from_cache(model, name, cache_dir=cache, revision=info.sha)
        return 0 if isinstance(here, str) and not request["again"] else sizes[name]

    announce(
        {
            "total_bytes": sum(sizes[name] for name in files),
            "missing_bytes": sum(map(missing_bytes, files)),
        }
    )
    return Path(
        snapshot_download(revision=revision, allow_patterns=files, force_download=request["again"], **common)
    )


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
        remedy = "Check WHISPER_REVISION or --revision"
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
    else:
        reason, retry = f"the hub at {constants.ENDPOINT} cannot be reached: {_cause(error)}", True
        remedy = "Check the network and try again; what came so far is kept"
    return {"reason": reason, "remedy": remedy, "retry": retry}


def _cause(error: BaseException) -> str:
    """The error at the bottom, in one line: those above it repeat it at length."""
    while (below := error.__cause__ or error.__context__) is not None and str(below):
        error = below
    return (str(error).strip() or type(error).__name__).splitlines()[0]
