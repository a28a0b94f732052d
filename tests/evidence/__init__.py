"""Tests of the evidence package; a package, so that its modules clash with no others."""
