"""Local function tools: loading them, telling the model of them, running them in a child process group."""
