"""That the examples in README.md run as they stand, beside the example's recording."""

import re
import shutil

import pytest

from tests.architecture.sources import ROOT
from tests.e2e.scene import Scene

EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE
)


def test_the_readme_has_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_readme_runs_and_says_something(scene: Scene, example: str) -> None:
    examples = scene.cwd / "examples"
    examples.mkdir()
    shutil.copy(ROOT / "examples" / "conversation.flac", examples)
    done = scene.python(example)
    assert done.status == 0, done.stderr
    assert (done.stdout != "", done.stderr) == (True, "")
    assert scene.left == {"examples", "examples/conversation.flac"}
    if ".override(Scripted" in example:
        engine = "EngineUse(info=EngineInfo(name='scripted', model='script'"
        assert engine in done.stdout
        assert "reason='given by the program'" in done.stdout


def test_one_of_the_examples_overrides_a_provider() -> None:
    assert sum(".override(Scripted" in example for example in EXAMPLES) == 1
