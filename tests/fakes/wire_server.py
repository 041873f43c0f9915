"""A server that answers with bytes as they are given: HTTP as no library would send it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Given a request's bytes, yields what is sent; a float is a pause in seconds. The connection ends when it ends.
Answers = Callable[[bytes], Iterator[bytes | float]]


def request_of(connection: socket.socket) -> bytes:
    """Read one request with its content; empty bytes where the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, content = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(content) < length:
        part = connection.recv(65536)
        if not part:  # it ends early
            break
        content += part
    return head + b"\r\n\r\n" + content


def serve_connection(connection: socket.socket, answers: Answers, *, keeps: bool) -> None:
    """Answer the requests of a connection until it ends."""
    with connection:
        try:
            while request := request_of(connection):
                for part in answers(request):
                    if isinstance(part, float):
                        time.sleep(part)
                    else:
                        connection.sendall(part)
                if not keeps:
                    return
        except OSError:
            return


@contextmanager
def serving(answers: Answers, *, host: str = "127.0.0.1", keeps: bool = False) -> Iterator[str]:
    """Serve on a free port of an address and give the URL; with `keeps` a connection stays open after an answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        port = listener.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(
                    target=serve_connection, args=(connection, answers), kwargs={"keeps": keeps}, daemon=True
                ).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        finally:
            # Closing alone would leave the thread waiting, and the port open for one more connection.
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def answered(content: bytes, *fields: str, status: str = "200 OK", length: int | None = None) -> Answers:
    """Answer every request with this content; `length` is what Content-Length says, by default the truth."""
    size = len(content) if length is None else length
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {size}", "", ""]

    def answers(request: bytes) -> Iterator[bytes | float]:
        yield "\r\n".join(lines).encode("latin-1") + content

    return answers
