"""The socket that the service is served on."""

import socket

from app.infrastructure.serving import _listening


def test_who_comes_before_the_service_has_started_waits_and_is_not_refused() -> None:
    with _listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=5):
        pass
