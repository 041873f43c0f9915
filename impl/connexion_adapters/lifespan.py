"""The start and the end of a server, whoever runs it."""

from connexion.middleware.lifespan import Lifespan, LifespanMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ..backends.database_file import holding
from ..backends.revisions import DatabaseError
from ..metrics.figures import STATE, Figures
from ..settings import Settings


class OwnFileLifespan(LifespanMiddleware):
    """Holds the database's file from the start to the end; where that fails, the server ends with one line."""

    # connexion looks for an argument that is called `lifespan`.
    def __init__(self, next_app: ASGIApp, *, settings: Settings, figures: Figures | None, lifespan: Lifespan) -> None:
        super().__init__(next_app, lifespan=lifespan)
        self._settings = settings
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start and end, or pass a request on."""
        if scope["type"] != "lifespan":
            await self.next_app(scope, receive, send)
            return
        if self._figures and "state" in scope:
            # The server takes them from there.
            scope["state"][STATE] = self._figures
        try:
            with holding(self._settings.database_url, shared=self._settings.shares_cache):
                await super().__call__(scope, receive, send)
        except DatabaseError as error:
            # By the ASGI specification; an exception would be shown as a traceback.
            await send({"type": "lifespan.startup.failed", "message": f"impl: {error.message}"})
