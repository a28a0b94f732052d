"""Tests of the growth analysis."""
