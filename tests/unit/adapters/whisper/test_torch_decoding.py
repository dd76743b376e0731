"""Choosing tokens: what may not follow, what is drawn, and which beams go on."""

import pytest
import torch

from app.adapters.outbound.whisper.model import Decoding
from app.adapters.outbound.whisper.torch_beams import Beams
from app.adapters.outbound.whisper.torch_decoding import Special, Text, draw, draws_of, forbid

pytestmark = pytest.mark.slow

END = 9
SPECIAL = Special(start=10, end=END, no_speech=None, never=(3,), not_first=(4, END))


@pytest.mark.parametrize(
    ("tokens", "ngram", "forbidden"),
    [
        ([1, 2, 1], 2, [2]),
        ([1, 2, 1, 3, 1], 2, [2, 3]),
        ([1, 2, 3, 1, 2], 3, [3]),
        ([1, 2], 1, [1, 2]),
        ([1, 2, 1], 0, []),
        ([1, 2], 3, []),
        ([], 2, []),
    ],
)
def test_what_would_repeat_a_run_of_tokens_is_known(
    tokens: list[int], ngram: int, forbidden: list[int]
) -> None:
    assert Text(tokens).repeating(ngram) == forbidden


def test_what_may_not_follow_has_no_probability_and_the_rest_sums_to_one() -> None:
    first = forbid(torch.zeros(1, END + 1), [Text()], 0, SPECIAL).exp()[0]
    assert [token for token in range(END + 1) if first[token] == 0] == [3, 4, END]
    later = forbid(torch.zeros(1, END + 1), [Text([5, 6, 5])], 2, SPECIAL).exp()[0]
    assert [token for token in range(END + 1) if later[token] == 0] == [3, 6]
    assert float(later.sum()) == pytest.approx(1.0)


def test_tokens_are_drawn_as_often_as_they_are_likely_and_never_where_forbidden() -> None:
    scores = torch.tensor([[-float("inf"), 0.5, 0.2, -float("inf"), 0.3, -float("inf")]])
    scores[0, [1, 2, 4]] = scores[0, [1, 2, 4]].log()
    drawn = [int(draw(scores, at / 1_000)) for at in range(1_000)]
    assert [round(drawn.count(token), -1) for token in range(6)] == [0, 500, 200, 0, 300, 0]


def test_draws_are_the_same_each_time_and_others_at_another_temperature() -> None:
    assert draws_of(Decoding(temperature=0.4)) == draws_of(Decoding(temperature=0.4))
    assert draws_of(Decoding(temperature=0.4)) != draws_of(Decoding(temperature=0.6))
    assert draws_of(Decoding()) == []


def test_a_text_is_as_likely_as_its_tokens_and_its_end_on_average() -> None:
    assert Text([1, 2], -3.0).average == -1.0


def test_beams_go_on_with_the_best_and_collect_what_has_ended() -> None:
    search = Beams(2)
    assert search.grow([(-0.1, 0, 1), (-0.2, 0, END), (-0.3, 0, 2), (-0.4, 0, 5)], END) == [0, 0]
    assert [beam.tokens for beam in search.beams] == [[1], [2]]
    assert not search.over
    search.grow([(-0.2, 1, 7), (-0.5, 0, 8), (-0.6, 0, END), (-0.7, 1, END)], END)
    assert [beam.tokens for beam in search.beams] == [[2, 7], [1, 8]]
    # The third and fourth candidates had ended, but are not among the best two.
    assert not search.over
    search.grow([(-0.25, 0, END), (-0.7, 1, 1), (-0.8, 1, 2), (-0.9, 1, 5)], END)
    assert search.over
    assert search.best() == Text([2, 7], -0.25, ended=True)
