"""The way to the service: the only importers of openai, httpx2 and azure.identity. Nothing heavy on import."""
