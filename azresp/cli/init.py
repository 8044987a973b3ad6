"""`azresp init`: endpoint, deployment and sign-in, tried with one real request, into a file only the user reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from azresp.cli.flags import setting_flags
from azresp.cli.options import YesOption

if TYPE_CHECKING:
    from azresp.cli.init_answers import Answers


@setting_flags("connection", "network")
def init(
    *,
    flags: Mapping[str, object],
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Try the answers with one real request")
    ] = True,
    yes: YesOption = False,
) -> None:
    """Set up a profile: endpoint, deployment and sign-in. Flags answer questions; --yes asks none."""
    from azresp.cli.report import note
    from azresp.errors import Exit

    try:
        status = set_up(flags, check=check, yes=yes)
    except (KeyboardInterrupt, EOFError):
        note("")
        note("azresp: stopped; nothing was changed")
        status = Exit.INTERRUPT
    raise typer.Exit(status)


def set_up(flags: Mapping[str, object], *, check: bool, yes: bool) -> int:
    """Ask for what flags don't say, try it, save it; give the exit status."""
    import os

    from azresp.cli.confirm import somebody
    from azresp.cli.init_answers import Answers
    from azresp.config import file
    from azresp.errors import LocalError

    chosen = flags.get("config")
    path, _ = file.locate(os.environ, chosen if isinstance(chosen, str) else None)
    if path is None:
        raise LocalError("there is no home folder for a configuration file", "Set AZRESP_CONFIG to name one.")
    profiles = _profiles(path)
    answers = Answers.from_flags(flags)
    if somebody() and not yes:
        return _interactive(answers, path, profiles, check=check)
    return _silent(answers, path, profiles, check=check, yes=yes)


def _profiles(path: Path) -> Mapping[str, Any]:
    """The profiles of the file as it is. ConfigError: it is broken, and would not be written either."""
    from azresp.config import file
    from azresp.config.load import validate

    table = file.parse(file.read_raw(path), path)
    validate(table, path)
    found = table.get("profiles", {})
    return found if isinstance(found, dict) else {}


def _silent(answers: Answers, path: Path, profiles: Mapping[str, Any], *, check: bool, yes: bool) -> int:
    from azresp.cli.init_check import try_profile
    from azresp.cli.report import note
    from azresp.errors import AzrespError, UsageError

    answers.name = answers.name or "default"
    answers.auth = answers.auth or "entra"
    if missing := answers.missing():
        raise UsageError(
            f"init: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            f"Give {'it as a flag' if len(missing) == 1 else 'them as flags'}, or run `azresp init` on a terminal.",
        )
    if answers.name in profiles and not yes:
        raise UsageError(
            f"there is a profile {answers.name} in {path} already",
            "Add --yes to replace its connection, or give another --profile.",
        )
    if check:
        try:
            tried = try_profile(answers.effective(path))
        except AzrespError as error:
            error.hint = f"{error.hint} Nothing was saved (--no-check saves without trying).".strip()
            raise
        note(f"{answers.deployment} answered in {tried.seconds:.1f} s, signed in with {tried.credential}")
    _save(answers, path, make_default=not profiles, profiles=profiles, say=note)
    return 0


def _interactive(answers: Answers, path: Path, profiles: Mapping[str, Any], *, check: bool) -> int:
    from azresp.cli.init_questions import Questions, tell, yes

    tell("Setting up azresp. Nothing is written before the end; Ctrl-C leaves.")
    questions = Questions(profiles)
    if answers.name in profiles and not yes(f"Replace the connection of profile {answers.name}?"):
        answers.name = ""
    questions.fill(answers)
    if check and not _try_until_good(questions, answers, path):
        tell("Nothing was saved.")
        return 0
    make_default = not profiles or (answers.name not in profiles and yes("Use this profile by default?"))
    _save(answers, path, make_default=make_default, profiles=profiles, say=tell)
    return 0


def _try_until_good(questions: Any, answers: Answers, path: Path) -> bool:
    """Try the answers until they work or are to be saved all the same; False: leave."""
    from azresp.cli.init_check import try_profile
    from azresp.cli.init_questions import choose, gap, tell
    from azresp.cli.report import error_lines
    from azresp.errors import AzrespError

    while True:
        gap()
        tell(f"Asking {answers.deployment} for a word …")
        try:
            tried = try_profile(answers.effective(path))
        except AzrespError as error:
            gap()
            for line in error_lines(error):
                tell(line.removeprefix("azresp: "))
            gap()
            match choose(("try again", "change an answer", "save all the same", "leave, save nothing"), 2):
                case 2:
                    questions.fill(answers, again=True)
                case 3:
                    return True
                case 4:
                    return False
        else:
            who = "the key that you typed" if answers.secret or answers.trial else tried.credential
            tell(f"It answered in {tried.seconds:.1f} s. Signed in with {who}.")
            return True


def _save(
    answers: Answers,
    path: Path,
    *,
    make_default: bool,
    profiles: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    import os

    from azresp.cli.init_answers import overridden
    from azresp.cli.keyring import keep
    from azresp.config.edit import write_profile
    from azresp.config.load import load

    if answers.secret is not None and answers.key is not None:
        keep(answers.key.name, answers.secret)
    if len(profiles) == 1 and answers.name not in profiles and not make_default:
        # The only profile was chosen for being the only one: it stays the chosen one.
        write_profile(path, next(iter(profiles)), {}, make_default=True)
    write_profile(path, answers.name, answers.values(), make_default=make_default)
    loaded = load({"config": path, "profile": answers.name})
    say(f"Saved profile {answers.name} in {path}; nobody else can read it.")
    for name in overridden(answers, loaded):
        say(f"warning: {name} is set in this shell and counts before the file")
    chosen = load({"config": path}, {}).name == answers.name
    unset = (
        answers.auth == "key"
        and answers.key
        and answers.key.kind == "env"
        and not os.environ.get(answers.key.name)
    )
    first = f"export {answers.key.name}=…, then " if unset and answers.key else ""
    say(f"Now: {first}azresp chat{'' if chosen else f' --profile {answers.name}'}")
