"""A brain that forwards to a chat-completions endpoint."""

from __future__ import annotations


class Forwarding:
    pass
