"""A signed-in reader of the reference."""

import base64
import json

from .servers import ACCOUNT, BenchError, Server


def open_account(server: Server) -> str:
    """
    Register and log in; return the access token.

    Raises BenchError.
    """
    headers = {"Content-Type": "application/json"}
    server.ask("POST", "/api/auth/register", headers, json.dumps(ACCOUNT).encode())
    credentials = {name: ACCOUNT[name] for name in ("email", "password")}
    answer = server.ask("POST", "/api/auth/login", headers, json.dumps(credentials).encode())
    if answer.status != 200:
        raise BenchError(f"{server.name} lets nobody log in: {answer.status}")
    return str(json.loads(answer.content)["access_token"])


def session_of(token: str) -> tuple[int, int]:
    """Read user and session out of a token of the reference's, for the peer to sign the same."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return int(claims["sub"]), int(claims["sid"])
