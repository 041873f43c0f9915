"""Generated requests ask before they go out, as all others do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from ..wire.connection import Admission
from ..wire.outcomes import NotChecked


class NotAdmitted(requests.RequestException):
    """A generated request was not let out; the message says why. The generator takes it for one that got no answer."""


@contextmanager
def admitted(admission: Admission) -> Iterator[None]:
    """
    Have every request that `requests` sends inside this block ask an admission first, redirects among them.

    The generator makes sessions of its own and has no hook that may refuse a request, so the class itself is bent.
    """
    send = requests.Session.send

    def ask(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        try:
            admission.admit(request.method or "GET")
        except NotChecked as refusal:
            raise NotAdmitted(str(refusal), request=request) from refusal
        return send(session, request, **how)

    requests.Session.send = ask  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
