"""The slash commands, by noun. Importing this package registers them, in the order of `/help`."""

from azresp.ui.commands import sessions, turns, settings, tools, service, files, program  # noqa: I001, F401 - the order of /help
