"""`azresp run`: its arguments and flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from azresp.cli.completion import session_names
from azresp.cli.flags import setting_flags
from azresp.cli.options import (
    EmulatorOption,
    NoPreviewOption,
    NoToolsOption,
    ToolOption,
    emulator_choice,
    previewless,
)
from azresp.cli.policy import ApproveOption

_PICTURES, _LONG = "Pictures and files", "Long work"
"""Headings of `azresp run --help`."""


@setting_flags()
def run(
    prompt: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROMPT", help="The prompt; @FILE reads it from a file, - from stdin; @@ sends an @."
        ),
    ] = None,
    *,
    flags: Mapping[str, object],
    session: Annotated[
        str,
        typer.Option(
            "--session", help="Continue (or start) this session", metavar="NAME", autocompletion=session_names
        ),
    ] = "",
    go_on: Annotated[bool, typer.Option("--continue", "-c", help="Continue the last session")] = False,
    conversation: Annotated[
        str,
        typer.Option("--conversation", help="Talk in this conversation at the service", metavar="ID"),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the final response object")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print the raw events as JSON Lines")] = False,
    schema: Annotated[
        Path | None, typer.Option("--schema", help="JSON schema that the answer must fit", metavar="FILE")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No notes on stderr, errors only")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send it even above warn_tokens or warn_cost")] = False,
    image: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            "-i",
            rich_help_panel=_PICTURES,
            help="Attach a picture: path, URL, clipboard, -; repeatable",
            metavar="IMAGE",
        ),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            "-f",
            rich_help_panel=_PICTURES,
            help="Attach a PDF or text: path, URL, -; repeatable",
            metavar="FILE",
        ),
    ] = None,
    mask: Annotated[
        str,
        typer.Option(
            "--mask",
            rich_help_panel=_PICTURES,
            help="Edit pictures only where this one is transparent",
            metavar="IMAGE",
        ),
    ] = "",
    items: Annotated[
        str,
        typer.Option(
            "--input",
            rich_help_panel=_PICTURES,
            help="Send this JSON list of input items; a prompt follows it; - is stdin",
            metavar="FILE",
        ),
    ] = "",
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            rich_help_panel=_PICTURES,
            help="Let the model draw (see image_deployment), and write the picture here; - is stdout",
            metavar="FILE",
        ),
    ] = "",
    no_preview: NoPreviewOption = False,
    background: Annotated[
        bool,
        typer.Option(
            "--background",
            rich_help_panel=_LONG,
            help="Start a background job and print its response id at once",
        ),
    ] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            rich_help_panel=_LONG,
            help="Hear the background job to its end; Ctrl-C leaves it, and it runs on",
        ),
    ] = False,
    batch: Annotated[
        str,
        typer.Option(
            "--batch",
            rich_help_panel=_LONG,
            help="Ask every line of this JSON Lines file as a background job",
            metavar="FILE",
        ),
    ] = "",
    parallel: Annotated[
        int | None,
        typer.Option(
            "--parallel",
            rich_help_panel=_LONG,
            min=1,
            max=256,
            metavar="NUMBER",
            help="Jobs of a batch that run at once; otherwise 8",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            rich_help_panel=_LONG,
            help="Ask all lines of a batch anew, also those that were asked before",
        ),
    ] = False,
    resend_unknown: Annotated[
        bool,
        typer.Option(
            "--resend-unknown",
            rich_help_panel=_LONG,
            help="Ask lines of a batch again whose outcome nobody knows",
        ),
    ] = False,
    tool: ToolOption = None,
    no_tools: NoToolsOption = False,
    approve: ApproveOption = None,
    emulator: EmulatorOption = "never",
) -> None:
    """Ask once and print the answer; piped text follows the prompt."""
    if batch:
        said = (prompt, image, file, mask, items)
        alone = not any((*said, session, go_on, conversation, events, approve, background, wait))
        many = {"again": again, "resend_unknown": resend_unknown, "output": output}
        many["parallel"] = parallel if parallel is not None else 8
        shared: dict[str, Any] = {"as_json": as_json, "quiet": quiet, "yes": yes, "schema": schema}
        shared["tools"] = tuple(tool or ())
        raise typer.Exit(
            _batch(
                batch, flags, alone, **many, **shared, no_tools=no_tools, emulator=emulator_choice(emulator)
            )
        )
    _only_batch({"--parallel": parallel, "--again": again, "--resend-unknown": resend_unknown})
    from azresp.cli.run import RunOptions, run_once

    options = RunOptions(
        words=tuple(prompt or ()),
        session=session,
        go_on=go_on,
        conversation=conversation,
        as_json=as_json,
        events=events,
        quiet=quiet,
        yes=yes,
        schema=schema,
        tools=tuple(tool or ()),
        no_tools=no_tools,
        approve=tuple(approve or ()),
        images=tuple(image or ()),
        files=tuple(file or ()),
        mask=mask,
        output=output,
        input=items,
        emulator=emulator_choice(emulator),
        background=background,
        wait=wait,
    )
    raise typer.Exit(run_once(options, previewless(flags, no_preview)))


def _batch(file: str, flags: Mapping[str, object], alone: bool, **given: Any) -> int:
    from azresp.cli.batch import BatchOptions, run_batch
    from azresp.errors import UsageError

    if not alone:
        raise UsageError(
            "--batch takes its prompts from the file only", "Leave the prompt and the other inputs out."
        )
    return run_batch(BatchOptions(file, **given), flags)


def _only_batch(flags: Mapping[str, object]) -> None:
    """Raise UsageError for a flag that does nothing without a batch: it was meant for one."""
    for flag, value in flags.items():
        if value:
            from azresp.errors import UsageError

            raise UsageError(f"{flag} is for --batch only", "Give the file: --batch prompts.jsonl.")
