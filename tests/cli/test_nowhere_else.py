"""Nothing is sent anywhere but to the endpoint: every connection that the interpreter makes is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from azresp.emulator import Emulator

WATCHED = """
import json, os, sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        with open(os.environ["WATCH"], "a") as log:
            log.write(json.dumps([event, repr(args[1:] if event == "socket.connect" else args)]) + "\\n")
sys.addaudithook(watch)
from azresp.__main__ import main
sys.argv[0] = "azresp"
main()
"""
LINK = "say ![a picture](https://example.com/x.png) <https://example.com/y> http://example.org"


def test_nothing_is_sent_anywhere_but_to_the_endpoint(
    configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    log = tmp_path / "connections"
    env = configured | {"WATCH": str(log)}
    sent = [sys.executable, "-c", WATCHED, "run", LINK]
    done = subprocess.run(sent, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for words in (["sessions", "list"], ["usage"], ["privacy"], ["config", "show"], ["--version"]):
        subprocess.run([*sent[:3], *words], env=env, cwd=tmp_path, capture_output=True, check=True)
    port = emulator.root_url.rstrip("/").rpartition(":")[2]
    found = [json.loads(line) for line in log.read_text().splitlines()]
    assert found and all(port in told and "example" not in told for _, told in found), found
