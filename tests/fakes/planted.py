"""The reference with one defect each, as a change to its code makes them: what a report has to explain by itself."""

from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

from bookplate.faults.kit import SteppedFault
from bookplate.faults.wrapper import Faulty, stepped

RATE = Path(__file__).parents[2] / "contract_tests/rate"


class Bent(Faulty):
    """An application with one fault of a law for all of its time."""

    def __init__(self, app: Any, fault: SteppedFault) -> None:
        super().__init__(app, Path(mkdtemp()) / "fault")
        self.always = fault

    def obey(self) -> SteppedFault:
        return self.always


def made(**changes: Any) -> Any:
    """Return the reference with other values at some places of its code, which are named as `module__name`."""
    from impl import create_app

    for place, value in changes.items():
        # A process serves one of them, so nothing is put back.
        patch(place.replace("__", "."), value).start()
    return create_app()


def without_owner_check() -> Any:
    """Everybody may write everything."""

    def admit_all(*_: Any) -> None:
        """Refuse nobody."""

    return made(impl__books__service__require_access=admit_all)


def with_a_repeated_item() -> Any:
    """Each page but the first begins with the last item of the page before it."""
    from impl.books import service

    honest: Callable[..., tuple[list[Any], int]] = vars(service)["fetch_page"]

    def fetch(query: Any, page: int, per_page: int) -> tuple[list[Any], int]:
        rows, total = honest(query, page, per_page)
        if page > 1 and rows:
            before, _ = honest(query, page - 1, per_page)
            rows = [before[-1], *rows[:-1]]
        return rows, total

    return made(impl__books__service__fetch_page=fetch)


def with_one_request_too_many() -> Any:
    """Each limit admits one request more than it says."""
    from impl.backends.limiter import Bucket

    def quota(bucket: Bucket) -> int:
        return bucket.policy.quota(bucket.tier) + 1

    return made(impl__backends__limiter__Bucket__quota=property(quota))


def without_retry_after() -> Any:
    """A 429 has no Retry-After."""
    return Bent(made(), stepped(RATE / "rate_02_refusals_say_when_to_retry.py", "refusal_without_retry_after"))


def with_a_filter_that_crashes() -> Any:
    """The filter by author divides by zero."""
    from impl.books import service

    def divide(value: Any) -> Any:
        return len(value.key) / 0

    return made(impl__books__service__FILTERS={**service.FILTERS, "author": divide})


def without_sign_up() -> Any:
    """Nobody can sign up: each try is refused."""
    app = made()

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("method") != "POST" or not scope["path"].endswith("/auth/register"):
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return refuse
