"""Which adapter stands behind which port. Override a provider to swap one in a test or a program."""

from threading import Lock

from dependency_injector import containers, providers

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
from app.application.remembered import RememberedDiarization, RememberedTranscription
from app.application.remove_model import RemoveModel
from app.application.report_engines import ReportEngines
from app.application.run_job import RunJob
from app.application.stop_jobs import StopJobs
from app.application.store_audio import StoreAudio
from app.application.submit_job import SubmitJob
from app.application.transcribe_audio import TranscribeAudio
from app.application.transcribe_file import TranscribeFile
from app.application.use_cases import ModelUseCases, UseCases, VoiceUseCases
from app.domain.ports import DiarizationPort, FinishedWork
from app.infrastructure.engines import (
    DIARIZATION_ENGINES,
    TRANSCRIPTION_ENGINES,
    VOICE_ACTIVITY_ENGINES,
    choose,
    in_use,
)
from app.infrastructure.outbound import outbound
from app.infrastructure.settings import Settings


def _storage(settings: Settings) -> str:
    return "memory" if settings.in_memory else "files"


def _token(settings: Settings) -> str | None:
    token = settings.huggingface_auth_token
    return token.get_secret_value() if token else None


def _remembering(engine: DiarizationPort | None, finished: FinishedWork) -> RememberedDiarization | None:
    return RememberedDiarization(engine, finished) if engine is not None else None


class Container(containers.DeclarativeContainer):
    """Everything, wired. `infrastructure.running.running` starts and stops what it holds."""

    settings = providers.Singleton(Settings)
    storage = providers.Callable(_storage, settings)

    running_lock = providers.Singleton(Lock)
    clock = providers.Singleton(outbound("clock:SystemClock"))
    database = providers.Singleton(
        outbound("persistence.sqlalchemy.database:Database.in_file"), settings.provided.database_path
    )
    clips = providers.Selector(
        storage,
        files=providers.Singleton(outbound("persistence.sqlalchemy.clips:SqlClipRepository"), database),
        memory=providers.Singleton(outbound("persistence.memory:MemoryClipRepository")),
    )
    transcripts = providers.Selector(
        storage,
        files=providers.Singleton(
            outbound("persistence.sqlalchemy.transcripts:SqlTranscriptRepository"), database
        ),
        memory=providers.Singleton(outbound("persistence.memory:MemoryTranscriptRepository"), clips),
    )
    finished_work = providers.Selector(
        storage,
        files=providers.Singleton(outbound("persistence.sqlalchemy.finished_work:SqlFinishedWork"), database),
        memory=providers.Singleton(outbound("persistence.memory:MemoryFinishedWork"), clips),
    )
    voices = providers.Selector(
        storage,
        files=providers.Singleton(outbound("persistence.sqlalchemy.voices:SqlVoiceRepository"), database),
        memory=providers.Singleton(outbound("persistence.memory_voices:MemoryVoiceRepository")),
    )
    audio_store = providers.Selector(
        storage,
        files=providers.Singleton(
            outbound("audio.file_store:FileAudioStore"), settings.provided.audio_storage_path
        ),
        memory=providers.Singleton(outbound("audio.in_place:InPlaceAudioStore")),
    )
    decoder = providers.Singleton(
        outbound("audio.pyav_decoder:PyAvDecoder"),
        max_duration_s=settings.provided.max_audio_duration_s,
        keep_children=True,
    )
    ledger = providers.Singleton(outbound("jobs.memory:MemoryJobLedger"), transcripts)

    chosen_transcription = providers.Singleton(
        choose, "transcription", settings.provided.transcription_engine, TRANSCRIPTION_ENGINES, settings
    )
    chosen_diarization = providers.Singleton(
        choose, "diarization", settings.provided.diarization_engine, DIARIZATION_ENGINES, settings
    )
    chosen_voice_activity = providers.Singleton(
        choose, "voice_activity", settings.provided.voice_activity_engine, VOICE_ACTIVITY_ENGINES, settings
    )
    transcription = chosen_transcription.provided.port
    diarization = chosen_diarization.provided.port
    voice_activity = chosen_voice_activity.provided.port

    # In memory nothing is remembered: it would grow with the recording, and nobody could come back to it.
    remembered_transcription = providers.Selector(
        storage,
        files=providers.Singleton(RememberedTranscription, transcription, finished_work),
        memory=transcription,
    )
    remembered_diarization = providers.Selector(
        storage, files=providers.Singleton(_remembering, diarization, finished_work), memory=diarization
    )

    transcription_choice = providers.Callable(
        in_use, "transcription", transcription.provider, chosen_transcription.provider
    )
    diarization_choice = providers.Callable(
        in_use, "diarization", diarization.provider, chosen_diarization.provider
    )
    voice_activity_choice = providers.Callable(
        in_use, "voice_activity", voice_activity.provider, chosen_voice_activity.provider
    )
    choices = providers.List(transcription_choice, diarization_choice, voice_activity_choice)
    transcribe_audio = providers.Singleton(
        TranscribeAudio,
        clips=clips,
        audio_store=audio_store,
        decoder=decoder,
        voice_activity=voice_activity,
        transcription=remembered_transcription,
        diarization=remembered_diarization,
        chosen_because=providers.Dict(
            transcription=transcription_choice.provided.reason,
            diarization=diarization_choice.provided.reason,
            voice_activity=voice_activity_choice.provided.reason,
        ),
        voices=voices,
    )
    store_audio = providers.Singleton(
        StoreAudio,
        audio_store=audio_store,
        clips=clips,
        decoder=decoder,
        clock=clock,
        max_size_bytes=settings.provided.max_upload_size,
    )
    delete_audio = providers.Singleton(DeleteAudio, clips=clips, audio_store=audio_store, ledger=ledger)
    submit_job = providers.Singleton(
        SubmitJob,
        clips=clips,
        ledger=ledger,
        transcription=transcription,
        clock=clock,
        max_queued=settings.provided.max_queued_jobs,
    )
    voice_use_cases = providers.Singleton(
        VoiceUseCases,
        enrol_voice=providers.Factory(
            EnrolVoice,
            clips=clips,
            audio_store=audio_store,
            decoder=decoder,
            voice_activity=voice_activity,
            diarization=diarization,
            voices=voices,
            clock=clock,
        ),
        list_voices=providers.Factory(ListVoices, voices=voices),
        delete_voice=providers.Factory(DeleteVoice, voices=voices),
    )
    follow_job = providers.Singleton(FollowJob, ledger=ledger, linger_s=settings.provided.linger_s)
    use_cases = providers.Singleton(
        UseCases,
        store_audio=store_audio,
        get_audio=providers.Factory(GetAudio, clips=clips, audio_store=audio_store),
        list_audio=providers.Factory(ListAudio, clips=clips),
        delete_audio=delete_audio,
        submit_job=submit_job,
        follow_job=follow_job,
        run_job=providers.Factory(RunJob, ledger=ledger, transcribe_audio=transcribe_audio),
        stop_jobs=providers.Factory(StopJobs, ledger=ledger),
        transcribe_file=providers.Factory(
            TranscribeFile,
            store_audio=store_audio,
            submit_job=submit_job,
            follow_job=follow_job,
            delete_audio=delete_audio,
        ),
        get_transcript=providers.Factory(GetTranscript, transcripts=transcripts),
        export_transcript=providers.Factory(ExportTranscript, transcripts=transcripts),
        delete_transcript=providers.Factory(DeleteTranscript, transcripts=transcripts),
        diarize_again=providers.Factory(
            DiarizeAgain, transcripts=transcripts, finished_work=finished_work, voices=voices
        ),
        voices=voice_use_cases,
        report_engines=providers.Factory(ReportEngines, engines=choices),
    )

    models = providers.Singleton(
        outbound("models.store:HubModelStore"),
        chosen=settings.provided.whisper_model,
        revision=settings.provided.whisper_revision,
        cache=settings.provided.model_cache_path,
        token=providers.Callable(_token, settings),
        pipeline=settings.provided.pyannote_model,
    )
    model_use_cases = providers.Singleton(
        ModelUseCases,
        list_models=providers.Factory(ListModels, models=models, chosen=settings.provided.whisper_model),
        pull_model=providers.Factory(
            PullModel,
            models=models,
            chosen=settings.provided.whisper_model,
            revision=settings.provided.whisper_revision,
        ),
        remove_model=providers.Factory(RemoveModel, models=models),
    )
