"""Everything that can go wrong, as one tree.

    DiaristError
    ├── InvalidAudio            the recording cannot be used
    │   └── AudioTooLarge       … because it is over a limit in bytes or seconds
    ├── AudioTruncated          the recording ended early; what came before it is good
    ├── InvalidOptions          an option is impossible, or the chosen engine does not honour it
    ├── NotFound                no such clip, transcript or job
    ├── Conflict                the request contradicts what is stored
    ├── StorageFull             there is no room left to keep what came
    ├── StorageFailed           the storage cannot be read or written; `reason` says what to check
    ├── EngineUnavailable       an engine or its model is missing; `remedy` says what to do
    ├── EngineBusy              too much is queued; try again after `retry_after_s`
    ├── EngineFailed            an engine broke on this input
    ├── JobFailed               a job that somebody waited for failed; `error` names the class
    ├── JobCancelled            a job that somebody waited for was cancelled
    ├── LeaseLost               another attempt owns the job now; drop what you hold
    └── IllegalTransition       a job cannot go from this state to that one

Errors carry fields, so that each edge can word them for its own clients.
"""


class DiaristError(Exception):
    """Root of the tree: catch it to catch whatever Diarist itself raises."""


class InvalidAudio(DiaristError):
    """The recording cannot be used: empty, not audio, no sound in it, or hostile. Send another file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AudioTooLarge(InvalidAudio):
    """The recording is over a limit. Split it, or raise the setting that `reason` names."""


class AudioTruncated(DiaristError):
    """Raised by a decoder after its last block: the recording promised `expected_s` but gave `decoded_s`."""

    def __init__(self, *, decoded_s: float, expected_s: float | None, reason: str) -> None:
        super().__init__(reason)
        self.decoded_s = decoded_s
        self.expected_s = expected_s
        self.reason = reason


class InvalidOptions(DiaristError):
    """An option has an impossible value, or one that the chosen engine does not honour."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option = option
        self.reason = reason


class NotFound(DiaristError):
    """There is no `kind` (clip, transcript, job) with this id."""

    def __init__(self, kind: str, id: str) -> None:
        super().__init__(f"no {kind} with id {id!r}")
        self.kind = kind
        self.id = id


class Conflict(DiaristError):
    """The request contradicts what is stored; `reason` says what to change."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StorageFull(DiaristError):
    """There is no room left where `reason` says; nothing was kept. Make room, or move the storage."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StorageFailed(DiaristError):
    """The storage cannot be read or written. `reason` names the file or folder, and says what to check."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EngineUnavailable(DiaristError):
    """An engine or its model is missing. `remedy` is the command or setting that fixes it."""

    def __init__(self, engine: str, reason: str, remedy: str) -> None:
        super().__init__(f"{engine}: {reason}. {remedy}")
        self.engine = engine
        self.reason = reason
        self.remedy = remedy


class EngineBusy(DiaristError):
    """Too much work is queued. Nothing was started; try again after `retry_after_s` seconds."""

    def __init__(self, engine: str, retry_after_s: float) -> None:
        super().__init__(f"{engine} is busy, try again in {retry_after_s:.0f} s")
        self.engine = engine
        self.retry_after_s = retry_after_s


class EngineFailed(DiaristError):
    """An engine broke on this input. Trying again may help; the log has the cause."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine}: {reason}")
        self.engine = engine
        self.reason = reason


class JobFailed(DiaristError):
    """The job that was waited for failed: `error` is the name of a class of this tree, or InternalError.

    `cause` is the error itself, None where only its name is known.
    """

    def __init__(self, job_id: str, error: str, message: str, cause: DiaristError | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.error = error
        self.message = message
        self.cause = cause


class JobCancelled(DiaristError):
    """The job that was waited for was cancelled. Submit it again to have its transcript."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id} was cancelled")
        self.job_id = job_id


class LeaseLost(DiaristError):
    """Another attempt owns the job now: whatever this attempt still holds must be dropped."""

    def __init__(self, job_id: str, attempt: int) -> None:
        super().__init__(f"attempt {attempt} no longer owns job {job_id}")
        self.job_id = job_id
        self.attempt = attempt


class IllegalTransition(DiaristError):
    """A job cannot go from state `before` to state `after`."""

    def __init__(self, job_id: str, before: str, after: str) -> None:
        super().__init__(f"job {job_id} cannot go from {before} to {after}")
        self.job_id = job_id
        self.before = before
        self.after = after
