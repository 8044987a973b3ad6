"""The naive Markdown stream: Rich draws everything so far at every delta. Arguments: port, prompt."""

import sys

from openai import OpenAI
from rich.live import Live
from rich.markdown import Markdown

client = OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/openai/v1/", api_key="x")
stream = client.responses.create(model="bench", input=sys.argv[2], stream=True)
text = ""
with Live() as live:
    for event in stream:
        if event.type == "response.output_text.delta":
            text += event.delta
            live.update(Markdown(text))
