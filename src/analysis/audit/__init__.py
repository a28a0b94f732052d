"""Check what was published: a registry of checks, each with one reason to exist."""
