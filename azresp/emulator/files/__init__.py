"""Uploaded files and vector stores: kept in SQLite, read for their text, searched by their words."""
