"""Pictures in the terminal: decoded with Pillow in a thread, drawn as the terminal understands it, never asking it."""
