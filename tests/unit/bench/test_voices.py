"""What synthetic people say has its words where they are."""

import shutil

import numpy as np
import pytest

from bench.voices import LEVEL, Voice, speak

TEXT = "the bakery opens at six"


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_words_follow_each_other_through_the_sound() -> None:
    said = speak(Voice(name="anna", engine="flite", voice="slt", pitch=170), TEXT)
    assert said is not None
    assert [word for word, _, _ in said.words] == TEXT.split()
    starts = [start for _, start, _ in said.words]
    assert starts == sorted(starts)
    assert starts[0] == pytest.approx(0, abs=0.01)
    assert said.words[-1][2] == pytest.approx(said.duration_s, abs=0.02)
    assert np.sqrt(np.mean(np.square(said.samples))) == pytest.approx(LEVEL, rel=0.01)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_a_shorter_vocal_tract_speaks_faster_and_higher() -> None:
    plain, warped = (
        speak(Voice(name="anna", engine="flite", voice="slt", pitch=170, warp=warp), TEXT)
        for warp in (100, 125)
    )
    assert plain is not None
    assert warped is not None
    assert warped.duration_s == pytest.approx(plain.duration_s * 0.8, rel=0.02)
    assert warped.words[2][1] == pytest.approx(plain.words[2][1] * 0.8, abs=0.02)
