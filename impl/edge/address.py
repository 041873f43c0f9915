"""The address of the client; forwarded fields count only when a configured proxy sent them."""

from ipaddress import ip_address, ip_network

from starlette.types import Scope


def client_address(scope: Scope, trusted_proxies: tuple[str, ...]) -> str:
    """Return the address of the last peer that is no trusted proxy."""
    address = str((scope.get("client") or ("",))[0])
    if not trusted_proxies:
        return address
    forwarded = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and _is_trusted(address, trusted_proxies):
        address = hops.pop()
    return address


def _is_trusted(address: str, trusted_proxies: tuple[str, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in ip_network(network) for network in trusted_proxies)
