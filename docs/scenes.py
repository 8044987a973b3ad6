"""What happens in the pictures."""

from __future__ import annotations

from docs.picture import Scene, Stage

WEATHER = '''"""Weather."""


def forecast(city: str, days: int = 3) -> str:
    """Give the weather forecast of a city.

    Args:
        city: name of the city, in English
        days: how many days
    """
    return f"{city}: sunny for {days} days"
'''
PRICES = """context_window = 4000

[prices.gpt-5-mini]
input = 1.0
cached_input = 0.5
output = 2.0
currency = "EUR"
"""
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
    with stage.sits("chat") as chat:
        for text in SAID[:2]:
            stage.types(chat, text)
        chat.ready()
        stage.curtain(chat)


def _approval(stage: Stage) -> None:
    with stage.sits("chat", "--tool", "weather.py") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call forecast {"city": "Paris", "days": 2}')
        chat.wait("[y/N/a/A/e/?]").keys("y\r")
        chat.wait("2 requests").ready()
        stage.curtain(chat)


def _jobs(stage: Stage) -> None:
    stage.shell('azresp run -q --background "write 60 words about tides"')
    stage.shell('azresp run -q --background "count to 20"')
    stage.shell("azresp jobs wait 1 2")
    stage.shell("azresp jobs list")
    stage.shell("azresp jobs attach 2")


def _usage(stage: Stage) -> None:
    with stage.sits("chat") as chat:
        for text in SAID:
            chat.ask(text)
        before = len(chat.written)
        chat.ask("/usage").ask("/context")
        stage.roll = chat.written[before:]


def _drawing(stage: Stage) -> None:
    with stage.sits("chat", "--images", "--preview", "blocks") as chat:
        chat.ask("Draw a red circle on a blue square.")
        stage.curtain(chat)


SCENES = (
    Scene("session", "azresp chat", _talk),
    Scene("stream", "azresp chat", _stream, lines=30, film=True),
    Scene("approval", "azresp chat --tool weather.py", _approval, files=(("weather.py", WEATHER),)),
    Scene("jobs", "azresp jobs", _jobs),
    Scene("usage", "azresp chat", _usage, files=((".config/azresp/config.toml", PRICES),)),
    Scene("drawing", "azresp chat --images", _drawing, columns=64, lines=70),
)
