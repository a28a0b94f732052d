"""How a figure stands among a cell's outputs; apart from `figures`, as only kernels draw."""

MIME = "application/vnd.feb11.figure+json"
"""MIME type of a cell output that holds a figure's description."""
