"""How the items of tools are shown, by noun. Importing this package's modules registers the views."""
