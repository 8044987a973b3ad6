"""The command line: the composition root. Modules import what they need inside their functions."""
