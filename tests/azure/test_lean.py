"""The SDK is imported late and lean, and plainly where the trick breaks."""

from __future__ import annotations

import subprocess
import sys


def _run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


HEAVY = "print([name for name in ('openai', 'httpx2', 'azure.identity', 'pydantic') if name in sys.modules])"


def test_the_gateway_module_imports_nothing_heavy() -> None:
    assert _run(f"import sys, azresp.azure.gateway, azresp.azure.credentials; {HEAVY}") == "[]"


def test_a_gateway_is_made_without_importing_anything_heavy() -> None:
    code = (
        "import sys; from azresp.azure.gateway import Gateway; from azresp.azure.connection import *;"
        "Gateway(Connection('http://127.0.0.1:1/', EntraSignIn()));"
    )
    assert _run(code + HEAVY) == "[]"


CHECK = """
from openai import AsyncOpenAI, AsyncStream, APIStatusError
from openai.types.responses import Response, ResponseTextDeltaEvent
import openai.types.responses.response_output_item
import openai.types
assert openai.types.ChatModel and Response.__name__ == "Response"
assert "ResponseErrorEvent" in dir(openai.types.responses)
from openai.lib import pydantic_function_tool, type_to_response_format_param
from openai.types.chat import *
assert openai.lib.azure.AzureOpenAI is openai.AzureOpenAI and ChatCompletionMessageParam
client = AsyncOpenAI(api_key="x", base_url="http://127.0.0.1:1/")
assert client.responses and client.chat.completions
try:
    openai.types.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
else:
    raise AssertionError
"""


def test_a_lean_import_leaves_the_whole_sdk_usable() -> None:
    lean = "from azresp.azure.lean import load_openai; import sys; openai = load_openai(); before = len(sys.modules)\n"
    grew = "\nprint(len(sys.modules) > before + 50)"
    assert _run(lean + CHECK + grew) == "True"


def test_a_lean_import_loads_far_less() -> None:
    count = "; print(sum(name.startswith('openai.types') for name in sys.modules))"
    lean = int(_run("import sys; from azresp.azure.lean import load_openai; load_openai()" + count))
    plain = int(_run("import sys, openai" + count))
    assert lean < plain / 6  # most of these are packages that hold nothing yet


def test_where_the_trick_breaks_the_plain_import_is_used() -> None:
    broken = """
from azresp.azure import lean
def breaks(name, init):
    package = type(lean)(name)
    package.__path__ = []
    return package
lean._later = breaks
openai = lean.load_openai()
"""
    assert _run(broken + CHECK + "\nprint('usable')") == "usable"


def test_threads_that_ask_at_once_get_a_whole_module() -> None:
    code = """
import threading
from azresp.azure.lean import load_openai
found = []
threads = [threading.Thread(target=lambda: found.append(load_openai().AsyncOpenAI)) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found))
"""
    assert _run(code) == "8"
