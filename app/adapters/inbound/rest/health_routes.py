"""Is it alive, and can it work?"""

from fastapi import APIRouter, Response

from app.adapters.inbound.rest import examples
from app.adapters.inbound.rest.menu import Menu
from app.adapters.inbound.rest.schemas import EngineState, Health, Readiness
from app.domain.engine import can_transcribe

router = APIRouter(tags=["service"])

_ENGINES = [EngineState.of(choice).model_dump() for choice in examples.ENGINES]


@router.get("/health", responses=examples.answer(200, "It is.", Health().model_dump()))
async def health() -> Health:
    """Whether the process is alive. Needs no key and asks nobody."""
    return Health()


@router.get(
    "/ready",
    responses={
        **examples.answer(200, "Recordings can be transcribed.", {"ready": True, "engines": _ENGINES}),
        **examples.answer(503, "An engine is missing.", {"ready": False, "engines": _ENGINES[1:]}),
    },
)
async def ready(use_cases: Menu, response: Response) -> Readiness:
    """Which engines do the work, why, and what is missing at this moment."""
    engines = use_cases.report_engines.execute()
    is_ready = can_transcribe(engines)
    response.status_code = 200 if is_ready else 503
    return Readiness(ready=is_ready, engines=[EngineState.of(choice) for choice in engines])
