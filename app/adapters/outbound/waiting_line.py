"""In which order waiting requests are served, and which share a batch. Knows no clock and no threads."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import count
from math import inf
from typing import Generic, TypeVar

from app.domain.ports import Priority

Item = TypeVar("Item")

PATIENCE_S = {Priority.LIVE: 0.0, Priority.SHORT: 2.0, Priority.FILE: 30.0}
"""How long a priority lets those before it pass. Who speaks waits for every word; who sent a short clip has
noticed a delay after about two seconds; a file takes minutes anyway, and so its progress still moves.
"""
LOOKAHEAD = 3
"""A batch is chosen among so many times its size in fair order: enough to find equal lengths in."""
LEAST_COST_S = 1.0
"""A shorter request counts as so much sound: engines that pad take as long for it."""
_REMEMBERED_OWNERS = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request(Generic[Item]):
    """A piece of work for a model.

    `owner` is whom it is for, a clip's id: owners of one priority share the model by seconds of sound.
    `length_s` is the sound in it. Only requests of equal `kind` share a batch. `admitted` marks a part
    of work that was begun: it is never refused.
    """

    item: Item
    owner: str
    priority: Priority
    length_s: float
    kind: Hashable = None
    admitted: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.length_s < inf:
            raise ValueError(f"a request needs a length above 0 s, got {self.length_s}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ticket(Generic[Item]):
    """A request's place in the line: the lowest `tag_s` goes first, and of equal ones who came first."""

    request: Request[Item]
    number: int
    arrived_s: float
    tag_s: float

    @property
    def place(self) -> tuple[float, int]:
        return self.tag_s, self.number


class WaitingLine(Generic[Item]):
    """Requests that wait. Times are seconds of one clock of the caller's that never goes back.

    Between priorities: the one whose oldest request came, or which was last served, longest ago, after
    adding its patience. So a lower number goes first, and yet every priority that waits gets a batch
    within its patience and a few batches. Within a priority: self-clocked fair queueing (Golestani 1994)
    between owners, so that a hundred requests of one owner do not hold up the only one of another.

    Adding, removing and taking search in logarithmic time and shift lists of pointers.
    """

    def __init__(self) -> None:
        self._ranks = {priority: _Rank[Item](patience_s) for priority, patience_s in PATIENCE_S.items()}
        self._numbers = count()

    def __len__(self) -> int:
        return sum(len(rank.arrivals) for rank in self._ranks.values())

    @property
    def live(self) -> bool:
        """Whether somebody waits who is speaking now."""
        return bool(self._ranks[Priority.LIVE].arrivals)

    @property
    def oldest_s(self) -> float:
        """When the request that has waited longest came, infinity when none waits."""
        return min(rank.oldest_s for rank in self._ranks.values())

    @property
    def sound_s(self) -> float:
        """Seconds of sound that wait."""
        return sum(
            ticket.request.length_s for rank in self._ranks.values() for ticket in rank.arrivals.values()
        )

    def add(self, request: Request[Item], *, now_s: float) -> Ticket[Item]:
        return self._ranks[request.priority].add(request, next(self._numbers), now_s)

    def remove(self, ticket: Ticket[Item]) -> bool:
        """Give up a place. False when the ticket has been taken, or removed, before."""
        return self._ranks[ticket.request.priority].remove(ticket)

    def take(self, most: int, *, now_s: float) -> list[Ticket[Item]]:
        """The next batch: 1 to `most` tickets of one priority and kind, none when nobody waits.

        The first is whose turn it is. The others are those near the front whose length is nearest to
        the first one's, because a batch takes as long as its longest.
        """
        waiting = [rank for rank in self._ranks.values() if rank.arrivals]
        return min(waiting, key=lambda rank: rank.due_s).take(most, now_s) if waiting else []

    def clear(self) -> list[Ticket[Item]]:
        """Send everybody away, and tell who that was."""
        gone = [ticket for rank in self._ranks.values() for ticket in rank.arrivals.values()]
        for ticket in gone:
            self.remove(ticket)
        return gone


@dataclass(slots=True)
class _Share:
    """What an owner has had: how many requests wait, the tag of the last one to come, of the last served."""

    waiting: int = 0
    last_s: float = 0.0
    served_s: float = 0.0


class _Rank(Generic[Item]):
    """Those who wait with one priority."""

    def __init__(self, patience_s: float) -> None:
        self.arrivals: OrderedDict[int, Ticket[Item]] = OrderedDict()
        self._lines: dict[Hashable, list[Ticket[Item]]] = {}
        self._shares: dict[str, _Share] = {}
        self._patience_s = patience_s
        self._virtual_s = 0.0
        self._served_s = -inf

    @property
    def oldest_s(self) -> float:
        return next(iter(self.arrivals.values())).arrived_s if self.arrivals else inf

    @property
    def due_s(self) -> float:
        # Without the time it was last served, a backlog older than its patience would go before all others
        # for as long as it lasts: minutes of files before every word of who is speaking.
        return max(self.oldest_s, self._served_s) + self._patience_s

    def add(self, request: Request[Item], number: int, now_s: float) -> Ticket[Item]:
        share = self._shares.setdefault(request.owner, _Share())
        tag_s = max(self._virtual_s, share.last_s) + max(request.length_s, LEAST_COST_S)
        share.waiting += 1
        share.last_s = tag_s
        ticket = Ticket(request=request, number=number, arrived_s=now_s, tag_s=tag_s)
        self.arrivals[number] = ticket
        insort(self._lines.setdefault(request.kind, []), ticket, key=_place)
        return ticket

    def remove(self, ticket: Ticket[Item]) -> bool:
        if ticket.number not in self.arrivals:
            return False
        del self.arrivals[ticket.number]
        line = self._lines[ticket.request.kind]
        del line[bisect_left(line, ticket.place, key=_place)]
        if not line:
            del self._lines[ticket.request.kind]
        share = self._shares[ticket.request.owner]
        share.waiting -= 1
        if not share.waiting:
            # What was cancelled is not held against its owner.
            share.last_s = share.served_s
        if not self.arrivals:
            self._shares.clear()
            self._virtual_s = 0.0
        return True

    def take(self, most: int, now_s: float) -> list[Ticket[Item]]:
        line = min(self._lines.values(), key=lambda line: line[0].place)
        first = line[0]
        others = sorted(line[1 : LOOKAHEAD * most], key=lambda ticket: _difference_s(ticket, first))
        batch = [first, *others[: most - 1]]
        self._served_s = now_s
        self._virtual_s = first.tag_s
        for ticket in batch:
            share = self._shares[ticket.request.owner]
            share.served_s = max(share.served_s, ticket.tag_s)
            self.remove(ticket)
        if len(self._shares) > 2 * len(self.arrivals) + _REMEMBERED_OWNERS:
            self._forget_owners()
        return batch

    def _forget_owners(self) -> None:
        """Those who wait for nothing and have no more to make up for than a newcomer."""
        self._shares = {
            owner: share
            for owner, share in self._shares.items()
            if share.waiting or share.last_s > self._virtual_s
        }


def _place(ticket: Ticket[Item]) -> tuple[float, int]:
    return ticket.place


def _difference_s(one: Ticket[Item], other: Ticket[Item]) -> float:
    return abs(one.request.length_s - other.request.length_s)
