from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.adapters.outbound.clock import SystemClock


def test_the_clock_tells_the_present_with_a_time_zone() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_later_ids_sort_after_earlier_ones_within_the_same_millisecond_too() -> None:
    clock = SystemClock()
    ids = [clock.new_id() for _ in range(5000)]
    assert all(earlier < later for earlier, later in pairwise(ids))
