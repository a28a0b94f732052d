"""Execute notebooks, bind their results to prose, build the edition.

Nothing here computes a number: every page is only a view of results.
"""
