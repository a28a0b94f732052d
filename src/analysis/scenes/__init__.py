"""Scenes: from any image source to one aligned, checked cube.

`analysis.scenes.prepare` is the whole path, `analysis.scenes.cached` the same, remembered.
"""
