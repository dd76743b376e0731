"""What becomes of work in progress when the service is killed: the next run goes on where it was."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.e2e.scene import Scene
from tests.e2e.test_stopping import serving
from tests.fixtures.sounds import write_wav
from tests.fixtures.speech import telephone_talk

pytestmark = pytest.mark.slow


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Two minutes of two people on the telephone."""
    return write_wav(tmp_path / "talk.wav", np.tile(telephone_talk(), 4)[None])


def kept(scene: Scene) -> dict[str, str]:
    """When each piece of finished work was kept."""
    with closing(sqlite3.connect(scene.cwd / "data/transcripts/diarist.db")) as database:
        return dict(database.execute("SELECT id, created_at FROM finished_work").fetchall())


def test_a_service_that_is_killed_resumes_and_tells_the_same_bytes(real_scene: Scene, talk: Path) -> None:
    with serving(real_scene) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        clip_id = client.post("/api/audio", files={"file": talk.open("rb")}).json()["clip_id"]
        through: dict[str, float] = {}
        with client.stream("POST", f"/api/transcribe/stream?clip_id={clip_id}") as stream:
            for event in map(json.loads, stream.iter_lines()):
                if event["type"] == "progress":
                    through[event["stage"]] = event["done_s"]
                if len(through) == 2:
                    break
            server.process.kill()
            server.process.wait(timeout=30)
    before = kept(real_scene)
    with serving(real_scene) as server, httpx.Client(base_url=server.url, timeout=120) as client:
        resumed = client.post(f"/api/transcribe/{clip_id}")
        after = kept(real_scene)
        assert client.delete(f"/api/transcription/{clip_id}").status_code == 204
        assert kept(real_scene) == {}
        undisturbed = client.post(f"/api/transcribe/{clip_id}")
    assert before
    assert before.items() <= after.items(), "nothing of it was done again"
    assert len(before) < len(after)
    assert resumed.status_code == 200
    assert resumed.json()["segments"]
    assert resumed.content == undisturbed.content
