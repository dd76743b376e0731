import sys

import pytest

from bench import __main__ as command


def test_a_row_that_was_killed_fails_the_whole_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {"memory": -9}
    measured: list[str] = []

    def apart(name: str) -> int:
        measured.append(name)
        return codes.get(name, 0)

    monkeypatch.setattr(sys, "argv", ["bench", "all"])
    monkeypatch.setattr(command, "_apart", apart)
    with pytest.raises(SystemExit, match="memory") as end:
        command.main()
    assert end.value.code != 0
    assert measured == list(command.NAMES)


def test_all_ends_well_when_every_row_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "all"])
    monkeypatch.setattr(command, "_apart", lambda _: 0)
    command.main()


def test_only_some_rows_cannot_be_asked_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "all", "--only", "1"])
    with pytest.raises(SystemExit):
        command.main()


@pytest.mark.parametrize(
    ("quick", "own_model", "folder"),
    [(False, False, "."), (True, False, "quick"), (False, True, "given"), (True, True, "given/quick")],
)
def test_what_is_not_to_be_quoted_is_kept_apart(quick: bool, own_model: bool, folder: str) -> None:
    assert command.results_folder(quick=quick, own_model=own_model) == command.RESULTS / folder
