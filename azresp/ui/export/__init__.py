"""A session in forms to read and to keep."""
