"""`azresp doctor`: look at everything that a chat depends on, and say what to do."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from azresp.cli.flags import setting_flags

if TYPE_CHECKING:
    from azresp.azure.connection import Connection
    from azresp.cli.checks.finding import Finding
    from azresp.cli.formats import DoctorReport, FindingRow
    from azresp.cli.streams import Output
    from azresp.config.load import Loaded

_MARK_WIDTH, _NAME_WIDTH = 4, 11
_NARROW = 60


@setting_flags("connection", "network")
def doctor(
    *,
    flags: Mapping[str, object],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, to attach to an issue")] = False,
    network: Annotated[
        bool, typer.Option("--network/--offline", help="Try the way to the service, for 10 s at most")
    ] = True,
) -> None:
    """Show settings, sign-in, network, store and terminal, each with ok or what to do; secrets are not shown."""
    raise typer.Exit(_report(flags, as_json=as_json, network=network))


def _report(flags: Mapping[str, object], *, as_json: bool, network: bool) -> int:
    """Report on stdout; give the exit status that fits the first failure."""
    from azresp.cli.streams import Output

    report = _Report(None if as_json else Output())
    try:
        _examine(report, flags, network=network)
    finally:
        if as_json:
            Output().write_json(report.whole())
    return report.status


def _examine(report: _Report, flags: Mapping[str, object], *, network: bool) -> None:
    from azresp.cli.checks import settings, store, terminal, trust
    from azresp.cli.checks.finding import Finding, Mark
    from azresp.store.schema import store_path

    report.add_all(settings.program())
    loaded = _loaded(report, flags)
    report.add_all(store.store(store_path(os.environ)))
    report.add_all(terminal.terminal())
    connection = _connection(loaded) if loaded is not None else None
    if connection is None:
        report.add(Finding("network", "network", Mark.SKIP, "not tried: the settings are not complete"))
        return
    report.add(trust.proxy(connection))
    report.add_all(trust.authorities(connection))
    if not network:
        report.add(Finding("network", "service", Mark.SKIP, "not tried (--offline)"))
        return
    from azresp.cli.checks.network import network as try_network
    from azresp.cli.patience import until_done

    until_done(try_network(connection, report.add))


def _loaded(report: _Report, flags: Mapping[str, object]) -> Loaded | None:
    from azresp.cli.checks import settings, tools
    from azresp.cli.checks.finding import failure
    from azresp.config.load import load
    from azresp.errors import ConfigError

    try:
        loaded = load(flags)
    except ConfigError as error:
        report.add(failure("configuration", "settings", error))
        return None
    report.add_all(settings.configuration(loaded))
    report.add_all(settings.endpoint(loaded))
    report.add_all(settings.sign_in(loaded))
    report.add_all(tools.tools(loaded))
    return loaded


def _connection(loaded: Loaded) -> Connection | None:
    from azresp.cli.connect import connection_of
    from azresp.errors import ConfigError

    try:
        # The deployment does not matter for the way to the service.
        return connection_of(replace(loaded.profile, deployment=loaded.profile.deployment or "none"))
    except ConfigError:
        return None


class _Report:
    """Findings, written as they come where there is an output for text."""

    def __init__(self, output: Output | None) -> None:
        self.findings: list[Finding] = []
        self.status = 0
        self._output = output
        self._section = ""
        self._columns = _columns(output)

    def add(self, finding: Finding) -> None:
        """Add one finding; a failure that was told already is not told twice."""
        from azresp.cli.checks.finding import Mark

        if finding.mark is Mark.FAIL and any(one.text == finding.text for one in self.findings):
            finding = replace(finding, mark=Mark.SKIP, text="not tried: see above", todo="")
        self.findings.append(finding)
        self.status = self.status or int(finding.exit)
        if self._output is not None:
            self._output.write(self._as_text(finding))

    def add_all(self, findings: Iterable[Finding]) -> None:
        """Add several."""
        for finding in findings:
            self.add(finding)

    def whole(self) -> DoctorReport:
        """All of it, for programs."""
        from azresp import __version__

        rows: list[FindingRow] = [
            {
                "section": one.section,
                "name": one.name,
                "mark": one.mark.value,
                "text": one.text,
                "todo": one.todo,
            }
            for one in self.findings
        ]
        return {"azresp": __version__, "exit": self.status, "findings": rows}

    def _as_text(self, finding: Finding) -> str:
        from azresp.ui.caps import reading
        from azresp.ui.sink import clean_line

        head = ""
        if finding.section != self._section:
            head = f"{chr(10) if self._section else ''}{finding.section}\n"
            self._section = finding.section
        text, todo = clean_line(finding.text), clean_line(finding.todo)
        first = f"  {finding.mark:{_MARK_WIDTH}}  {finding.name:{_NAME_WIDTH}}  "
        indent = " " * (8 if self._columns < _NARROW else len(first))
        rows = self._wrapped(first + text, indent)
        arrow = "To do:" if reading(os.environ) else "→"
        return head + rows + (self._wrapped(f"{indent}{arrow} {todo}", indent + "  ") if todo else "")

    def _wrapped(self, text: str, indent: str) -> str:
        return (
            textwrap.fill(
                text, self._columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
            + "\n"
        )


def _columns(output: Output | None) -> int:
    if output is None or not (output.isatty() or os.environ.get("COLUMNS")):
        return 1 << 20
    return max(shutil.get_terminal_size().columns, 24)
