"""The menu: every use case that inbound adapters are given."""

from dataclasses import dataclass

from app.application.delete_audio import DeleteAudio
from app.application.delete_transcript import DeleteTranscript
from app.application.delete_voice import DeleteVoice
from app.application.diarize_again import DiarizeAgain
from app.application.enrol_voice import EnrolVoice
from app.application.export_transcript import ExportTranscript
from app.application.follow_job import FollowJob
from app.application.get_audio import GetAudio
from app.application.get_transcript import GetTranscript
from app.application.list_audio import ListAudio
from app.application.list_models import ListModels
from app.application.list_voices import ListVoices
from app.application.pull_model import PullModel
from app.application.remove_model import RemoveModel
from app.application.report_engines import ReportEngines
from app.application.run_job import RunJob
from app.application.stop_jobs import StopJobs
from app.application.store_audio import StoreAudio
from app.application.submit_job import SubmitJob
from app.application.transcribe_file import TranscribeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceUseCases:
    """For whoever keeps the known voices. They need no recognition and no jobs."""

    enrol_voice: EnrolVoice
    list_voices: ListVoices
    delete_voice: DeleteVoice


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    store_audio: StoreAudio
    get_audio: GetAudio
    list_audio: ListAudio
    delete_audio: DeleteAudio
    submit_job: SubmitJob
    follow_job: FollowJob
    run_job: RunJob
    stop_jobs: StopJobs
    transcribe_file: TranscribeFile
    get_transcript: GetTranscript
    export_transcript: ExportTranscript
    delete_transcript: DeleteTranscript
    diarize_again: DiarizeAgain
    voices: VoiceUseCases
    report_engines: ReportEngines


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUseCases:
    """For whoever keeps the models. They need neither engine nor storage."""

    list_models: ListModels
    pull_model: PullModel
    remove_model: RemoveModel
