"""What is shown in place of what a compaction says."""

from __future__ import annotations

from azresp.core.session import Exchange
from azresp.ui.counting import counted

COMPACTED = "compacted here: from here on the model had the gist of what stands above, not its words"
"""In what is exported."""


def compaction_line(exchange: Exchange) -> str:
    """One line in place of what a compaction says."""
    sealed = any("encrypted_content" in item for item in exchange.said)
    kept = sum(1 for item in exchange.said if item.get("type", "message") == "message")
    how = f"by the service, {counted(kept, 'message')} kept as said" if sealed else "as a summary"
    return f"— compacted {how}: the model has this in place of what stands above · /undo takes it back"
