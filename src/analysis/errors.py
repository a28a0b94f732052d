"""The ways in which the program stops, each with its exit code.

A message names what was wrong, where, and what to do about it; the command
line prints it without a traceback (``--debug`` adds one).
"""


class Feb11Error(Exception):
    """Base of every error that is written for the person at the terminal."""

    exit_code = 3


class UserError(Feb11Error):
    """Something that the user can put right: a date, a name, a table, a key."""

    exit_code = 2


class CheckFailed(Feb11Error):
    """A check did not hold, a notebook failed, or a service is down."""

    exit_code = 1
