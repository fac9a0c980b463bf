"""An agent's desk over its socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.server import ANSWER_SECONDS, Frame, Staff


class Desk:
    """An open desk socket. `frames` is all that ever came over it, in order."""

    def __init__(self, staff: Staff) -> None:
        self.frames: list[Frame] = []
        self.socket: ClientConnection = connect(
            f"{staff.base.replace('http', 'ws', 1)}/api/desk/ws", proxy=None, max_size=2**22
        )
        self.push(type="hello", token=staff.token)
        self.until(lambda frame: frame["type"] == "hello")

    def push(self, **frame: Any) -> None:
        """A frame to the server."""
        self.socket.send(json.dumps(frame))

    def until(self, fits: Callable[[Frame], Any]) -> Frame:
        """The first frame from now on that fits."""
        while True:
            frame: Frame = json.loads(self.socket.recv(timeout=ANSWER_SECONDS))
            self.frames.append(frame)
            if fits(frame):
                return frame

    def queued(self, conversation_id: str) -> dict[str, Any]:
        """The row of that conversation, as soon as the queue shows it."""

        def row(frame: Frame) -> Any:
            return [r for r in frame.get("handoffs", ()) if r["conversation_id"] == conversation_id]

        found: dict[str, Any] = row(self.until(row))[0]
        return found

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()
