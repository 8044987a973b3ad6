"""The floor with a picture: http.client, json, the final one decoded and written. Arguments: port, prompt, file."""

import base64
import http.client
import json
import sys
from pathlib import Path

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
tools = [{"type": "image_generation", "partial_images": 3}]
body = json.dumps({"model": "bench", "input": sys.argv[2], "tools": tools, "stream": True})
connection.request("POST", "/openai/v1/responses", body, {"api-key": "x", "content-type": "application/json"})
response = connection.getresponse()
rest, seen = bytearray(), 0
while piece := response.read1(1 << 20):
    rest += piece
    while (end := rest.find(b"\n\n", max(0, seen - 1))) >= 0:
        wire = json.loads(rest[rest.index(b"data: ") + 6 : end])
        del rest[: end + 2]
        seen = 0
        if wire["type"] == "response.output_item.done":
            Path(sys.argv[3]).write_bytes(base64.b64decode(wire["item"]["result"]))
    seen = len(rest)
sys.stdout.write(f"{sys.argv[3]}\n")
