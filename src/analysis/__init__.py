"""Measure a site, weigh the evidence about it, and bind the numbers to prose.

Data walks one way: ``site``, ``evidence`` and ``scenes`` feed ``growth``,
``housing`` and ``strikes``; these record results; ``claims`` reads results;
``report`` and ``audit`` only show and check them.
"""
