"""An app on a loopback port of its own, in the test's event loop, spoken to over real HTTP."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sanic import Sanic

numbers = itertools.count(1)


def new_app() -> Sanic[Any, Any]:
    """An app with a name that no other has (Sanic keeps a register)."""
    app: Sanic[Any, Any] = Sanic(f"test-{next(numbers)}", configure_logging=False)
    app.config.TOUCHUP = False  # Sanic rewrites its own methods, once per process: not with several apps
    return app


@asynccontextmanager
async def served(app: Sanic[Any, Any]) -> AsyncIterator[str]:
    """Serve until the end of the block; gives the address, such as http://127.0.0.1:40001."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    assert server is not None
    await server.startup()
    await server.start_serving()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.close()
        await server.wait_closed()
        Sanic.unregister_app(app)


def browser(address: str, **headers: str) -> httpx.AsyncClient:
    """A client that keeps cookies; what it sends as headers goes with every call."""
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=20)


async def raw(address: str, payload: bytes) -> bytes:
    """Bytes as they are, to the server; whatever it answers until it closes or a short while passed."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(payload)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(65536), 10)
    finally:
        writer.close()
