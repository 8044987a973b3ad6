"""The floor for Python: http.client, json, one write a delta. Arguments: port, prompt."""

import http.client
import json
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
body = json.dumps({"model": "bench", "input": sys.argv[2], "stream": True})
connection.request("POST", "/openai/v1/responses", body, {"api-key": "x", "content-type": "application/json"})
response = connection.getresponse()
rest = b""
while piece := response.read1(65536):
    *events, rest = (rest + piece).split(b"\n\n")
    for event in events:
        wire = json.loads(event.partition(b"data: ")[2])
        if wire["type"] == "response.output_text.delta":
            os.write(1, wire["delta"].encode())
os.write(1, b"\n")
