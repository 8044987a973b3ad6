"""Pictures and files: read safely on their way in, saved safely on their way out."""
