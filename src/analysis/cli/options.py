"""Options that several commands share, each declared once with its help and its default."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from analysis.scenes.prepare import Request

RunName = Annotated[str, typer.Option("--run", help="Name of the run.", metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
Verbose = Annotated[bool, typer.Option("-v", help="Say more on standard error.")]


@dataclass(frozen=True)
class Imagery:
    """Which scenes of which site; every field is a parameter of the notebooks too."""

    source: Annotated[
        str,
        typer.Option(
            "--source",
            help="bundled (the default), earth-search, planetary-computer, planet, "
            "an address, a catalogue, a manifest or a folder of GeoTIFFs.",
            metavar="S",
        ),
    ] = ""
    site: Annotated[
        str,
        typer.Option(
            "--site", help="The site's GeoJSON; its format: data/README.md.", metavar="FILE"
        ),
    ] = ""
    start: Annotated[
        str,
        typer.Option(
            "--start", help="First date: a day, a month (2024-10) or a year.", metavar="D"
        ),
    ] = ""
    end: Annotated[str, typer.Option("--end", help="Last date, included.", metavar="D")] = ""
    before: Annotated[
        str, typer.Option("--before", help="Earlier of two windows to compare.", metavar="W")
    ] = ""
    after: Annotated[str, typer.Option("--after", help="Later of the two.", metavar="W")] = ""
    observed: Annotated[
        bool, typer.Option("--observed", help="Declare that the scenes were observed.")
    ] = False

    def check(self) -> None:
        """Refuse what can be refused before anything is executed or read.

        Raises
        ------
        UserError
            For a source or a site that is not there, a key that is missing, dates that cannot be
            read or are out of order, and windows that lie outside the dates.
        """
        from analysis import site
        from analysis.errors import UserError
        from analysis.scenes import planet, source, windows

        dates = windows.asked(self.start, self.end, self.before, self.after)
        for name, window in (("--before", dates.before), ("--after", dates.after)):
            first, last = dates.series.first, dates.series.last
            early = window and window.last and first and window.last < first
            late = window and window.first and last and window.first > last
            if early or late:
                option, given = ("--start", self.start) if early else ("--end", self.end)
                raise UserError(f"{name} {getattr(self, name[2:])!r} lies outside {option} "
                                f"{given!r}: leave one of them out")  # fmt: skip
        if self.site:
            site.load(self.site)
        if self.source and "://" not in self.source:  # an address is asked once, when it is read
            source.resolve(self.source)
        if self.source.strip() == "planet" and not os.environ.get(planet.KEY):
            raise UserError(f"source planet needs a key: set {planet.KEY} in the environment")

    def parameters(self) -> list[str]:
        """``NAME=VALUE`` for every option that was given."""
        given = {name: value for name, value in asdict(self).items() if value}
        return [f"{name}={'true' if value is True else value}" for name, value in given.items()]


@dataclass(frozen=True)
class Selection(Imagery):
    """Which of these scenes are read, and what is believed and may be spent."""

    months: Annotated[
        list[int] | None,
        typer.Option("--month", help="Only this month of the year.", metavar="M"),
    ] = None
    orbits: Annotated[
        list[int] | None,
        typer.Option("--orbit", help="Only this relative orbit.", metavar="N"),
    ] = None
    trust: Annotated[
        str,
        typer.Option(
            "--trust",
            help="Where catalogue and pixels disagree on the offset: metadata or pixels.",
            metavar="WHAT",
        ),
    ] = ""
    yes: Annotated[
        bool, typer.Option("--yes", help="Order at Planet without asking; spends quota.")
    ] = False

    def request(self, *, cloudmask: bool = False) -> Request:
        """What `analysis.scenes.prepare` is asked for; `check` it first."""
        from analysis.scenes.prepare import Request

        given = asdict(self) | {
            "source": self.source or "bundled",
            "months": tuple(self.months or ()),
            "orbits": tuple(self.orbits or ()),
        }
        return Request(**given, cloudmask=cloudmask)


def unfolded(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose argument that is a record takes one option for each of its fields."""
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    (record,) = (p for p in parameters if is_dataclass(p.annotation))
    hints = get_type_hints(record.annotation, include_extras=True)
    inner = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=hints[field.name],
        )
        for field in fields(record.annotation)
    ]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        own = {p.name: given.pop(p.name) for p in inner}
        command(**given, **{record.name: record.annotation(**own)})

    options = [q for p in parameters for q in (inner if p is record else [p])]
    listed = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in options]
    run.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    return run
