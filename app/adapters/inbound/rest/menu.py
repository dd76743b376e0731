"""What the routes are given when they are called."""

from typing import Annotated

from fastapi import Depends, Request

from app.application.use_cases import UseCases


async def _use_cases(request: Request) -> UseCases:
    use_cases: UseCases = request.app.state.use_cases
    return use_cases


async def _heartbeat_s(request: Request) -> float:
    heartbeat_s: float = request.app.state.heartbeat_s
    return heartbeat_s


async def _max_upload_bytes(request: Request) -> int:
    max_upload_bytes: int = request.app.state.max_upload_bytes
    return max_upload_bytes


Menu = Annotated[UseCases, Depends(_use_cases)]
HeartbeatS = Annotated[float, Depends(_heartbeat_s)]
MaxUploadBytes = Annotated[int, Depends(_max_upload_bytes)]
