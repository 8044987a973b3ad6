"""The pure heart: events, items, turns, sessions, and the four verbs read, advance, compose, settle."""
