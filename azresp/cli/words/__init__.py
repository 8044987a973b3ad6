"""Commands with a flag for each setting: a module each, since declaring the flags of one takes milliseconds."""
