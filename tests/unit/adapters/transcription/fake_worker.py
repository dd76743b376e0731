"""A recognition worker for tests: each utterance's length says what becomes of it."""

import os
import signal
import time

from app.adapters.outbound.child_channel import Channel

CRASHES_S = 2.0
HANGS_S = 3.0
SAYS_NOTHING_S = 4.0


def main() -> None:
    channel = Channel.open()
    while (request := channel.receive()) is not None:
        duration_s = len(request[1]) / 2 / 16_000
        if duration_s == CRASHES_S:
            os.kill(os.getpid(), signal.SIGSEGV)
        if duration_s == HANGS_S:
            time.sleep(600)
        last = round(duration_s * 100)
        words = [["early", 0, 9, 0.5], [f"by-{os.getpid()}", 10, last, 1.5]]
        channel.send({"words": [] if duration_s == SAYS_NOTHING_S else words})


if __name__ == "__main__":
    main()
