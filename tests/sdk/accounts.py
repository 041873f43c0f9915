"""Accounts at the reference, each opened through the generated Python client."""

from contextlib import ExitStack
from itertools import count
from typing import Any

from bookplate_client import AsyncClient, Client

PASSWORD = "correct horse battery"


class Accounts:
    """Opens accounts, each with an address of its own."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._numbers = count(1)
        self._clients = ExitStack()

    def close(self) -> None:
        """Close the clients that have signed in."""
        self._clients.close()

    def open(self) -> str:
        """Open an account and return the address that it signs in with."""
        number = next(self._numbers)
        email = f"reader-{number}@example.com"
        with Client(self.base_url) as client:
            client.auth.register_user(email=email, username=f"reader-{number}", password=PASSWORD)
        return email

    def signed_in(self, **options: Any) -> Client:
        """Return a client that has signed in to an account of its own."""
        client = self._clients.enter_context(Client(self.base_url, **options))
        client.auth.log_in(email=self.open(), password=PASSWORD)
        return client

    async def signed_in_async(self, **options: Any) -> AsyncClient:
        """Return the same for asyncio."""
        client = AsyncClient(self.base_url, **options)
        await client.auth.log_in(email=self.open(), password=PASSWORD)
        return client
