"""Pictures and files on this machine: read with suspicion, written never over anything."""
