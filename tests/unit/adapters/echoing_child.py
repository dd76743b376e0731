"""A child for tests: answers each frame with itself, or misbehaves as it is told."""

import os
import signal
import sys
import time

from app.adapters.outbound.child_channel import Channel


def main() -> None:
    channel = Channel.open()
    while (frame := channel.receive()) is not None:
        header, payload = frame
        match header["op"]:
            case "echo":
                channel.send(header, payload)
            case "print":
                print("a stray line", flush=True)
                os.write(1, b"and another from C")
                channel.send(header)
            case "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "raise":
                raise ValueError("this input is cursed")
            case "flood":
                while True:
                    channel.send(header, bytes(1 << 20))
            case "babble":
                os.write(int(header["fd"]), b"\xff" * 64)
            case "hang":
                time.sleep(600)
            case "describe":
                described = {"nice": os.nice(0), "environment": sorted(os.environ), "argv": sys.argv[1:]}
                channel.send(described)


if __name__ == "__main__":
    main()
