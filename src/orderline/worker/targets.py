"""Where webhooks may go: to public addresses, looked at when the connection is made, so that no name changes between."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from orderline.values.hosts import IpAddress, is_public


class PrivateAddress(Exception):
    """The host is in a private network, or at this very machine."""


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to hosts all of whose addresses are public, by the addresses that were looked at."""

    def __init__(self) -> None:
        self._backend: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """PrivateAddress: any of the host's addresses is not public. httpcore.ConnectError: none of them answers."""
        addresses = await _addresses_of(host, port)
        if not all(is_public(each) for each in addresses):
            raise PrivateAddress(host)
        failed: Exception = httpcore.ConnectError("the name of the host is not known")
        for each in addresses:
            try:
                return await self._backend.connect_tcp(str(each), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


async def _addresses_of(host: str, port: int) -> list[IpAddress]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("the name of the host is not known") from error
    return list(dict.fromkeys(ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found))
