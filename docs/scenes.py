"""What happens in the pictures."""

from __future__ import annotations

from docs.picture import Scene, Stage

SAID = (
    "Hello, my name is Ada.",
    "A table of 2 rows about tides, please.",
    "Show me code in python.",
    "What is my name?",
)


def _talk(stage: Stage) -> None:
    with stage.sits("chat") as chat:
        for text in SAID:
            chat.ask(text)
        stage.curtain(chat)


def _stream(stage: Stage) -> None:
    with stage.sits("chat", pace=25) as chat:
        for text in SAID[:2]:
            stage.types(chat, text)
        chat.ready()
        stage.curtain(chat)


SCENES = (
    Scene("session", "azresp chat", _talk),
    Scene("stream", "azresp chat", _stream, lines=30, film=True),
)
