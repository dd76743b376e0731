"""What holds for the waiting line whoever comes, leaves and is served."""

from collections import Counter
from itertools import count
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.outbound.waiting_line import PATIENCE_S, Ticket, WaitingLine
from app.domain.ports import Priority
from tests.unit.adapters.test_waiting_line import add

priorities = st.sampled_from(Priority)
lengths_s = st.sampled_from([0.2, 1.0, 3.0, 10.0, 29.5, 30.0])
comings = st.tuples(st.just("come"), priorities, st.sampled_from("abc"), lengths_s, st.sampled_from("xy"))
leavings = st.tuples(st.just("leave"), st.integers(0, 60))
takings = st.tuples(st.just("take"), st.integers(1, 5))
pauses = st.tuples(st.just("pause"), st.sampled_from([0.1, 3.0, 40.0]))


@given(st.lists(comings | leavings | takings | pauses, max_size=80))
def test_each_is_served_once_unless_it_left_in_batches_of_one_kind_and_priority(
    steps: list[tuple[object, ...]],
) -> None:
    line, now_s, numbers = WaitingLine[str](), 0.0, count()
    tickets: list[Ticket[str]] = []
    served: list[Ticket[str]] = []
    left: list[Ticket[str]] = []

    def serve(most: int) -> None:
        waited = len(line)
        batch = line.take(most, now_s=now_s)
        assert min(waited, 1) <= len(batch) <= most
        assert len({(ticket.request.priority, ticket.request.kind) for ticket in batch}) <= 1
        assert len(line) == waited - len(batch)
        served.extend(batch)

    for step in steps:
        match step:
            case ("come", priority, owner, length_s, kind):
                about = {"priority": priority, "owner": owner, "length_s": length_s, "kind": kind}
                tickets.append(add(line, str(next(numbers)), at_s=now_s, **about))
            case ("leave", int(index)) if index < len(tickets):
                ticket = tickets[index]
                assert line.remove(ticket) == (ticket not in served and ticket not in left)
                left += [ticket] if ticket not in served and ticket not in left else []
            case ("take", int(most)):
                serve(most)
            case ("pause", float(pause_s)):
                now_s += pause_s
    while line:
        serve(3)
    assert Counter(served) == Counter(ticket for ticket in tickets if ticket not in left)


@given(
    st.lists(lengths_s, min_size=1, max_size=40),
    st.lists(lengths_s, min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_while_two_owners_wait_neither_gets_more_sound_than_a_request_of_each_ahead(
    ours_s: list[float], theirs_s: list[float], chance: Random
) -> None:
    line = WaitingLine[str]()
    coming = [("a", length_s) for length_s in ours_s] + [("b", length_s) for length_s in theirs_s]
    chance.shuffle(coming)
    for owner, length_s in coming:
        add(line, owner=owner, length_s=length_s)
    left = {"a": len(ours_s), "b": len(theirs_s)}
    had_s = {"a": 0.0, "b": 0.0}
    bound_s = max(1.0, *ours_s) + max(1.0, *theirs_s)
    while all(left.values()):
        (ticket,) = line.take(1, now_s=0.0)
        owner = ticket.request.owner
        left[owner] -= 1
        had_s[owner] += max(ticket.request.length_s, 1.0)
        assert abs(had_s["a"] - had_s["b"]) <= bound_s


@given(
    priorities,
    st.lists(priorities, min_size=1, max_size=6),
    st.sampled_from([0.5, 2.0, 10.0]),
    st.integers(1, 4),
    lengths_s,
)
def test_whoever_else_keeps_coming_a_request_is_served_soon_after_its_patience(
    priority: Priority, others: list[Priority], batch_s: float, most: int, length_s: float
) -> None:
    line, now_s = WaitingLine[str](), 0.0
    # A crowd before it, and every batch brings more than it takes.
    for number in range(10):
        add(line, owner=f"before {number}", priority=priority)
    victim = add(line, "victim", owner="victim", priority=priority, length_s=length_s, at_s=now_s)
    for number in count():
        batch = line.take(most, now_s=now_s)
        if victim in batch:
            break
        now_s += batch_s
        for other in [*others, *others]:
            add(line, owner=f"other {number}", priority=other, length_s=0.2, at_s=now_s)
        # Newcomers of 1 s (the least) pass a window of 30 s until they have had as much; each turn of its
        # priority comes within the patience and one batch of each other priority.
        turns = 10 + 30
        assert now_s <= turns * (PATIENCE_S[priority] + len(Priority) * batch_s)
