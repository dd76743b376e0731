from collections import Counter
from typing import Any

import pytest

from app.adapters.outbound.waiting_line import Request, Ticket, WaitingLine
from app.domain.ports import Priority

LIVE, SHORT, FILE = Priority.LIVE, Priority.SHORT, Priority.FILE


def request(
    item: str = "", *, owner: str = "clip", priority: Priority = FILE, length_s: float = 30.0, kind: str = ""
) -> Request[str]:
    return Request(item=item, owner=owner, priority=priority, length_s=length_s, kind=kind)


def add(line: WaitingLine[str], item: str = "", *, at_s: float = 0.0, **about: Any) -> Ticket[str]:
    return line.add(request(item, **about), now_s=at_s)


def taken(line: WaitingLine[str], most: int = 1, *, at_s: float = 0.0) -> list[str]:
    return [ticket.request.item for ticket in line.take(most, now_s=at_s)]


def drained(line: WaitingLine[str], most: int = 1, *, at_s: float = 0.0) -> list[list[str]]:
    return list(iter(lambda: taken(line, most, at_s=at_s), []))


def test_nobody_waits_in_an_empty_line() -> None:
    line = WaitingLine[str]()
    assert taken(line, 8) == []
    assert (len(line), line.live, line.oldest_s, line.sound_s) == (0, False, float("inf"), 0.0)


def test_the_line_knows_how_much_waits_and_since_when() -> None:
    line = WaitingLine[str]()
    add(line, at_s=5.0, length_s=10.0)
    live = add(line, at_s=6.0, length_s=2.5, priority=LIVE)
    assert (len(line), line.live, line.oldest_s, line.sound_s) == (2, True, 5.0, 12.5)
    line.remove(live)
    assert (len(line), line.live, line.oldest_s, line.sound_s) == (1, False, 5.0, 10.0)


def test_live_goes_before_short_and_short_before_files() -> None:
    line = WaitingLine[str]()
    for item, priority in [("file", FILE), ("short", SHORT), ("live", LIVE)]:
        add(line, item, priority=priority, at_s=1.0)
    assert drained(line, 8, at_s=1.0) == [["live"], ["short"], ["file"]]


def test_a_file_that_has_waited_for_its_patience_goes_before_those_who_just_came() -> None:
    line = WaitingLine[str]()
    add(line, "file", at_s=0.0)
    add(line, "early live", at_s=29.0, priority=LIVE)
    add(line, "late live", at_s=31.0, priority=LIVE)
    assert taken(line, at_s=31.0) == ["early live"]
    assert taken(line, at_s=31.0) == ["file"]


def test_a_backlog_of_files_older_than_its_patience_does_not_hold_up_who_is_speaking() -> None:
    line = WaitingLine[str]()
    for _ in range(100):
        add(line, "file", at_s=0.0)
    assert taken(line, at_s=600.0) == ["file"]
    add(line, "live", at_s=601.0, priority=LIVE)
    assert taken(line, at_s=602.0) == ["live"]


def test_a_hundred_requests_of_one_owner_do_not_hold_up_the_only_one_of_another() -> None:
    line = WaitingLine[str]()
    for _ in range(100):
        add(line, "long", owner="lecture")
    taken(line, 8)
    add(line, "single", owner="memo")
    assert "single" in taken(line, 8)


def test_an_owner_of_short_requests_gets_more_of_them_than_one_of_long_ones() -> None:
    line = WaitingLine[str]()
    for _ in range(30):
        add(line, "long", owner="a", length_s=30.0)
        add(line, "short", owner="b", length_s=10.0)
    assert Counter(taken(line)[0] for _ in range(20)) == {"long": 5, "short": 15}


def test_an_owner_who_was_served_with_others_does_not_go_first_again() -> None:
    line = WaitingLine[str]()
    for item in ("a1", "a2"):
        add(line, item, owner="a")
    for item in ("b1", "b2", "b3"):
        add(line, item, owner="b")
    assert taken(line, 4) == ["a1", "b1", "a2", "b2"]
    add(line, "a3", owner="a")
    assert drained(line) == [["b3"], ["a3"]]


def test_snippets_count_as_a_second_each() -> None:
    line = WaitingLine[str]()
    for _ in range(30):
        add(line, "snippet", owner="a", length_s=0.1)
    add(line, "window", owner="b", length_s=9.5)
    assert [taken(line)[0] for _ in range(10)] == ["snippet"] * 9 + ["window"]


def test_what_an_owner_cancelled_is_not_held_against_it() -> None:
    line = WaitingLine[str]()
    add(line, "other 1", owner="other")
    add(line, "other 2", owner="other")
    for ticket in [add(line, owner="hasty") for _ in range(50)]:
        assert line.remove(ticket)
    add(line, "hasty", owner="hasty")
    assert drained(line) == [["other 1"], ["hasty"], ["other 2"]]


def test_a_batch_takes_those_of_nearest_length_near_the_front() -> None:
    line = WaitingLine[str]()
    for number, length_s in enumerate([10.0, 30.0, 29.0, 11.0, 30.0, 10.0]):
        add(line, f"{number}: {length_s:.0f} s", length_s=length_s)
    assert sorted(taken(line, 3)) == ["0: 10 s", "3: 11 s", "5: 10 s"]
    assert sorted(taken(line, 3)) == ["1: 30 s", "2: 29 s", "4: 30 s"]


def test_a_batch_does_not_look_for_equal_lengths_all_over_the_line() -> None:
    line = WaitingLine[str]()
    for length_s in [10.0, *[30.0] * 5, 10.0]:
        add(line, f"{length_s:.0f} s", length_s=length_s)
    assert taken(line, 2) == ["10 s", "30 s"]


def test_a_batch_is_of_one_kind_and_the_next_in_line_decides_which() -> None:
    line = WaitingLine[str]()
    for number, kind in enumerate(["en", "de", "en", "de"]):
        add(line, kind, owner=str(number), kind=kind)
    assert drained(line, 8) == [["en", "en"], ["de", "de"]]


def test_who_left_cannot_leave_again() -> None:
    line = WaitingLine[str]()
    gone, served = add(line), add(line)
    assert line.remove(gone)
    assert not line.remove(gone)
    assert line.take(1, now_s=0.0) == [served]
    assert not line.remove(served)


def test_clearing_the_line_tells_who_waited() -> None:
    line = WaitingLine[str]()
    tickets = {add(line, priority=priority) for priority in Priority}
    assert set(line.clear()) == tickets
    assert not line
    assert drained(line) == []


@pytest.mark.parametrize("length_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_request_has_a_length(length_s: float) -> None:
    with pytest.raises(ValueError, match="length above 0"):
        request(length_s=length_s)


def test_owners_who_wait_for_nothing_are_forgotten() -> None:
    line = WaitingLine[str]()
    add(line, owner="first")
    for number in range(1_000):
        add(line, owner=f"clip {number}")
        taken(line)
    assert len(line) == 1
    (rank,) = (rank for rank in line._ranks.values() if rank.arrivals)
    assert len(rank._shares) < 50
