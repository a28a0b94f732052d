"""Measured calibration, accuracy and speed: studies that run for minutes and are committed."""
