"""What the staged book and the Sphinx extension that reads it call alike."""

RESULTS, CLAIMS, EDITION = "results.json", "claims.json", "edition.json"


def source_target(key: str) -> str:
    """Name of a source's target on the references page."""
    return f"source-{key}"
