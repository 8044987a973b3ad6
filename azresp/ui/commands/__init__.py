"""The slash commands, by noun. Importing this package registers them, in the order of `/help`."""

# ruff: noqa: F401, I001
from azresp.ui.commands import (
    sessions,
    search,
    labels,
    moving,
    turns,
    cost,
    compacting,
    deleting,
    conversation,
    keeping,
    forget,
    jobs,
    settings,
    tools,
    pictures,
    files,
    service,
    program,
)
