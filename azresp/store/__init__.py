"""What is kept on this machine: sessions and exchanges, in one SQLite file."""
