"""Settings, from the environment and from `.env`, under their customary names."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from app.domain.errors import InvalidOptions

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


def usable_cpus(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many cores this process gets: its affinity, or less where a container has a smaller quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit_us, period_us = quota.read_text().split()
        return max(1, min(allowed, int(limit_us) // int(period_us)))
    except (OSError, ValueError):  # no such file, or "max": no quota
        return allowed


class Settings(BaseSettings):
    """Everything an operator may set. The defaults run on one machine with nothing installed beside."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    transcription_engine: str = Field(
        default="auto", description="auto, or the name of a transcription engine"
    )
    diarization_engine: str = Field(
        default="auto", description="auto, none, or the name of a diarization engine"
    )
    voice_activity_engine: str = Field(
        default="auto", description="auto, or the name of a voice activity engine"
    )
    scripted_words: Path | None = Field(
        default=None, description="CTM file that the scripted engine reads out"
    )
    scripted_turns: Path | None = Field(
        default=None, description="RTTM file that the scripted diarizer plays"
    )

    whisper_model: str = Field(
        default="openai/whisper-large-v3", min_length=1, description="name on the hub, or a local folder"
    )
    whisper_revision: str | None = Field(default=None, description="branch, tag or commit on the hub")
    whisper_device: str = Field(
        default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N"
    )
    whisper_compute_type: Literal[
        "auto", "int8", "int8_float16", "int8_float32", "float16", "bfloat16", "float32"
    ] = Field(default="auto", description="what Whisper computes in")
    whisper_batch_size: int | None = Field(
        default=None, ge=1, description="windows recognized together; unset: by hardware"
    )
    pyannote_model: str = Field(
        default="pyannote/speaker-diarization-community-1",
        min_length=1,
        description="name on the hub, or a local folder",
    )
    pyannote_device: str = Field(
        default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda or cuda:N"
    )
    model_cache_path: Path | None = Field(
        default=None, description="folder of converted models; unset: diarist/models in the user's cache"
    )
    model_idle_unload_s: float = Field(
        default=300.0, ge=0, description="idle time after which a model leaves memory; 0: never"
    )
    preload_models: bool = Field(
        default=True, description="whether serving loads the engines at start, or when they are first used"
    )
    max_queued_windows: int = Field(
        default=1024, ge=1, description="windows that may wait for an engine before it is busy"
    )
    huggingface_auth_token: SecretStr | None = Field(
        default=None, description="token of a Hugging Face account, for models that ask for one"
    )

    audio_storage_path: Path = Field(default=Path("data/audio"), description="folder of the recordings")
    transcription_storage_path: Path = Field(
        default=Path("data/transcripts"), description="folder of the database with clips and transcripts"
    )
    in_memory: bool = Field(default=False, description="keep nothing: recordings are read where they are")

    app_host: str = Field(default="127.0.0.1", description="address to serve on")
    app_port: int = Field(default=8000, ge=0, le=65535, description="port to serve on")
    api_key: SecretStr | None = Field(default=None, description="bearer token that clients must send")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host names, by commas, that clients may use beside the loopback's"
    )

    max_upload_size: int = Field(default=2 * 1024**3, gt=0, description="largest recording, in bytes")
    max_audio_duration_s: float = Field(
        default=24 * 3600.0, gt=0, description="longest recording, in seconds"
    )
    cpu_threads: int = Field(default_factory=usable_cpus, ge=1, description="cores that recognition may use")
    jobs_at_once: int = Field(default=4, ge=1, description="recordings worked on at the same time")
    max_queued_jobs: int = Field(
        default=64, ge=1, description="recordings that may wait before others are told to come back"
    )
    heartbeat_s: float = Field(
        default=10.0, gt=0, description="silence after which a stream sends a sign of life"
    )
    linger_s: float = Field(
        default=10.0, ge=0, description="how long work goes on after its last reader left"
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="console or json")

    @field_validator("api_key", "huggingface_auth_token")
    @classmethod
    def _empty_means_unset(cls, key: SecretStr | None) -> SecretStr | None:
        return key if key is not None and key.get_secret_value() else None

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _separated_by_commas(cls, hosts: Any) -> Any:
        if isinstance(hosts, str):
            return tuple(host.strip() for host in hosts.split(",") if host.strip())
        return hosts

    def for_local_files(self, data_dir: Path | None) -> "Settings":
        """These settings for callers who bring files of their own: nothing is uploaded, nobody comes back.

        Recordings and transcripts are kept under `data_dir`; None keeps nothing.
        """
        alike: dict[str, Any] = {"linger_s": 0.0, "max_upload_size": sys.maxsize, "preload_models": False}
        alike["max_queued_jobs"] = sys.maxsize
        if data_dir is None:
            return self.model_copy(update={**alike, "in_memory": True})
        paths = {
            "audio_storage_path": data_dir / "audio",
            "transcription_storage_path": data_dir / "transcripts",
        }
        return self.model_copy(update={**alike, **paths, "in_memory": False})

    @property
    def database_path(self) -> Path:
        return self.transcription_storage_path / "diarist.db"

    @property
    def serves_loopback_only(self) -> bool:
        return self.app_host in LOOPBACK_HOSTS


def read_settings() -> Settings:
    """The settings of this process. Raises `InvalidOptions` naming the first that is impossible."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidOptions(str(first["loc"][0]).upper(), first["msg"]) from error
    except SettingsError as error:
        raise InvalidOptions("settings", str(error)) from error
