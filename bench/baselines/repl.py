"""A plain SDK chat: input() and the loop of the documentation. Argument: port."""

import sys

from openai import OpenAI

client = OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/openai/v1/", api_key="x")
previous = None
while True:
    try:
        said = input("› ")
    except EOFError:
        break
    stream = client.responses.create(model="bench", input=said, previous_response_id=previous, stream=True)
    for event in stream:
        if event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
        elif event.type == "response.completed":
            previous = event.response.id
    print()
