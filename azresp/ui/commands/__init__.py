"""The slash commands, by noun. Importing this package registers them, in the order of `/help`."""

from azresp.ui.commands import sessions, turns, cost, jobs, settings, tools, pictures, files, service, program  # noqa: I001, F401
