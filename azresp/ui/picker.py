"""Choosing a session from a list that narrows as one types, with a look at how each one ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from azresp.ui.cells import cut, width
from azresp.ui.reader import end_with_terminal
from azresp.ui.sink import clean, clean_line

_STYLE = Style.from_dict({"mark": "bold", "dim": "dim", "chosen": "reverse"})
_LEAST_ROWS = 12
"""Rows of the window below which there is no room for a preview."""


class Choice(Protocol):
    """A session that may be chosen."""

    @property
    def name(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def tags(self) -> Sequence[str]: ...


def _matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Those whose name, tags or last question hold every word that was typed, in any case."""
    words = typed.casefold().split()
    return [
        one
        for one in choices
        if all(word in f"{one.name} {' '.join(one.tags)} {one.question}".casefold() for word in words)
    ]


class Picker:
    """The list on the whole screen. `preview` gives the end of a conversation, `found` names by full text."""

    def __init__(
        self,
        choices: Sequence[Choice],
        preview: Callable[[str], str],
        found: Callable[[str], Sequence[str]],
        *,
        output: Output | None = None,
    ) -> None:
        end_with_terminal()
        self._choices = choices
        self._preview = preview
        self._found = found
        self._at = 0
        self._shown: list[Choice] = list(choices)
        self._typed = Buffer(on_text_changed=lambda _: self._narrow(), multiline=False)
        self._app: Application[str] = Application(
            layout=self._layout(),
            key_bindings=self._keys(),
            full_screen=True,
            style=_STYLE,
            output=output,
        )

    def run(self) -> str:
        """The name that was chosen; empty for none."""
        return self._app.run()

    def _layout(self) -> Layout:
        rows = self._app_rows
        return Layout(
            HSplit(
                [
                    Window(
                        BufferControl(self._typed),
                        height=1,
                        get_line_prefix=lambda line, wrap: [("class:mark", "find › ")],
                    ),
                    Window(FormattedTextControl(self._list), height=lambda: Dimension.exact(rows()[0])),
                    Window(FormattedTextControl(self._end), height=lambda: Dimension.exact(rows()[1])),
                    Window(FormattedTextControl(self._hint), height=1),
                ]
            )
        )

    def _app_rows(self) -> tuple[int, int]:
        """Rows of the list and of the preview."""
        free = max(self._app.output.get_size().rows - 2, 1)
        below = free // 2 if free >= _LEAST_ROWS else 0
        return free - below, below

    def _narrow(self) -> None:
        typed = self._typed.text
        self._shown = _matching(self._choices, typed)
        if len(typed.strip()) >= 3:
            names = {one.name for one in self._shown}
            by_name = {one.name: one for one in self._choices}
            more = [by_name[name] for name in self._found(typed) if name in by_name and name not in names]
            self._shown += list({one.name: one for one in more}.values())
        self._at = 0

    def _list(self) -> StyleAndTextTuples:
        columns, rows = self._app.output.get_size().columns, self._app_rows()[0]
        first = max(min(self._at - rows // 2, len(self._shown) - rows), 0)
        lines: StyleAndTextTuples = []
        for at, one in enumerate(self._shown[first : first + rows], first):
            tags = "".join(f" #{clean_line(tag)}" for tag in one.tags)
            text = f"{clean_line(one.name)}{tags}  {clean_line(one.question.strip().split(chr(10))[0])}"
            text = cut(text, columns - 1)[0]
            style = "class:chosen" if at == self._at else ""
            lines += [(style, text + " " * (columns - 1 - width(text))), ("", "\n")]
        return lines or [("class:dim", "nothing like that\n")]

    def _end(self) -> StyleAndTextTuples:
        chosen = self._chosen()
        columns, rows = self._app.output.get_size().columns, self._app_rows()[1]
        if not chosen or not rows:
            return []
        lines = clean(self._preview(chosen)).splitlines()[: max(rows - 1, 0)]
        told = "\n".join(cut(line, columns - 1)[0] for line in lines)
        return [("class:dim", "─" * (columns - 1) + "\n"), ("", told)]

    def _hint(self) -> StyleAndTextTuples:
        room = self._app.output.get_size().columns - 1
        count = f"{len(self._shown)} of {len(self._choices)}"
        keys = ["↑↓ choose", "Enter resumes", "Esc leaves"]
        told = " · ".join([count, *keys])
        return [("class:dim", told if width(told) <= room else cut(" · ".join([count, *keys[1:]]), room)[0])]

    def _chosen(self) -> str:
        return self._shown[self._at].name if self._shown else ""

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()

        def step(by: int) -> None:
            self._at = max(min(self._at + by, len(self._shown) - 1), 0)

        keys.add("up")(lambda event: step(-1))
        keys.add("down")(lambda event: step(1))
        keys.add("c-p")(lambda event: step(-1))
        keys.add("c-n")(lambda event: step(1))
        keys.add("pageup")(lambda event: step(-self._app_rows()[0]))
        keys.add("pagedown")(lambda event: step(self._app_rows()[0]))

        @keys.add("enter")
        def _enter(event: KeyPressEvent) -> None:
            if self._shown:
                event.app.exit(result=self._chosen())

        @keys.add("escape", eager=True)
        @keys.add("c-c")
        @keys.add("c-d")
        def _leave(event: KeyPressEvent) -> None:
            event.app.exit(result="")

        return keys
