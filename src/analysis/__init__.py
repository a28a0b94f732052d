"""Measure a site, weigh the evidence about it, and bind the numbers to prose.

Data walks one way: ``site``, ``evidence`` and ``scenes`` feed ``growth``,
``housing`` and ``strikes``; these record results; ``claims`` reads results;
``report`` and ``audit`` only show and check them.
"""

import os

# Matrices here are small: threads inside a product cost eight times what they save, and its
# rounding would hang on their number. Work runs side by side in processes and in compiled loops.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
