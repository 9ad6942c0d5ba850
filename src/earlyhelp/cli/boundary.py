"""Between the commands and whoever gives them: words are read, problems told, files written."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand
from typer.main import get_command

from earlyhelp.study.problems import InputError, Problem
from earlyhelp.study.textfile import read_number


def guarded(run: Callable[[], int]) -> int:
    """Run a program and return its exit status.

    Whatever goes wrong is told in a line and not traced: 1 for bad input and for all else, 130 for
    an interruption from the keyboard. Whoever stops reading, such as ``head``, has read enough.

    Examples
    --------
    >>> guarded(lambda: 0)
    0
    """
    # Who closes a stream wants to read nothing from it.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        status = run()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is still to be written goes nowhere, or Python would complain when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        told = "stopped"
        status = 130
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        told = _told(error)
        status = 1
    print(told, file=sys.stderr)
    return status


def _told(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "earlyhelp: found more work than there is memory for; expected smaller input"
    if isinstance(error, OSError) and error.strerror:
        where = error.filename or "earlyhelp"
        return str(Problem(str(where), None, "", error.strerror, "a file that can be used"))
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, ValueError | RecursionError):
        return str(Problem("earlyhelp", None, "", what, "input that can be used"))
    fault = "no fault of earlyhelp, which this is; `python -X dev -m earlyhelp` shows where"
    return str(Problem("earlyhelp", None, "", what, fault))


# What typer says of words that name no command, as `Problem` has it.
REWORDED = {"Value error, ": "", "Missing": "no", "requires an argument": "without a value"}


def run(app: typer.Typer, name: str, words: Sequence[str]) -> int:
    """Run the command that words name and return its exit status; 2 when they name none.

    Not by calling `app`, which would answer an interruption and a closed stream by itself.

    Examples
    --------
    >>> app = typer.Typer()
    >>> @app.command()
    ... def greet(name: str) -> None:
    ...     print(f"Hello {name}.")
    >>> run(app, "greet", ["Ann"])
    Hello Ann.
    0
    """
    try:
        command = get_command(app)
        help_names = ["-h", "--help"]
        with command.make_context(name, list(words), help_option_names=help_names) as context:
            return command.invoke(context) or 0
    except typer.Exit as stop:  # after the help
        return stop.exit_code
    except typer.TyperException as error:
        place: Any = getattr(error, "ctx", None)
        path = place.command_path if place else name
        known = ", ".join(getattr(place and place.command, "commands", ()))
        found = error.format_message().rstrip(".")
        for theirs, ours in REWORDED.items():
            found = found.replace(theirs, ours)
        expected = f"one of: {known}" if known else f"what `{path} --help` shows"
        told = Problem(path, None, "", found[:1].lower() + found[1:], expected)
        print(told, file=sys.stderr)
        return error.exit_code


class Command(TyperCommand):
    """A command that tells all that it lacks at once.

    An option whose metavar ends in ``...`` takes several values after its name, which typer's do
    not. No word that looks like an option is taken for a value, but after ``=``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of a command line that follow the command's name."""
        parameters: list[Any] = self.params
        options = {name: p.metavar for p in parameters for name in p.opts if name.startswith("-")}
        words: list[str] = []
        option = last = ""
        for word in args:
            if word.startswith("-") and read_number(word) is None:
                if last in options:
                    ctx.fail(f"option '{last}' without a value")
                option = word
            elif option != last and (options.get(option) or "").endswith("..."):
                words.append(option)
            words.append(word)
            last = word
        try:
            given, more, _ = self.make_parser(ctx).parse_args(list(words))
        except typer.TyperException as error:
            ctx.fail(error.format_message())
        lacking = (p for p in parameters if p.required and given.get(p.name) is None)
        wrong = [*(f"no {p.get_error_hint()}" for p in lacking), *map(repr, more)]
        # What answers by itself, as the help does, lacks nothing.
        eager = {"help", *(p.name for p in parameters if p.is_eager)}
        if wrong and not eager & given.keys():
            ctx.fail(", ".join(wrong))
        return super().parse_args(ctx, words)


def unfolded(function: Callable[..., None]) -> Callable[..., None]:
    """Let the fields of the dataclass that a command takes first be options of their own."""
    first, *own = inspect.signature(function, eval_str=True).parameters.values()
    shared = inspect.signature(first.annotation, eval_str=True).parameters

    @functools.wraps(function)
    def call(**given: Any) -> None:
        function(first.annotation(**{name: given.pop(name) for name in shared}), **given)

    options = [option.replace(kind=option.KEYWORD_ONLY) for option in (*own, *shared.values())]
    call.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return call


def argument(metavar: str, about: str) -> Any:
    """Argument of a command; what stands at a path is told where it is read."""
    return typer.Argument(metavar=metavar, help=about, readable=False)


def option(metavar: str, about: str, *names: str, **more: Any) -> Any:
    """Option of a command; what stands at a path is told where it is read.

    Examples
    --------
    >>> option("CSV", "part to write").metavar
    'CSV'
    """
    return typer.Option(*names, metavar=metavar, help=about, readable=False, **more)


def number_option(about: str, metavar: str = "NUMBER") -> Any:
    """Option that is a number; what is none stays a text, to be told with all other problems.

    Examples
    --------
    >>> about = number_option("teams in all")
    >>> about.parser("12"), about.parser("twelve")
    (12, 'twelve')
    """

    def parse(text: str) -> float | int | str:
        value = read_number(text)
        return text if value is None else value

    return option(metavar, about, parser=parse)


StudyFolder = Annotated[Path, argument("STUDY", "study folder, such as data/yourpilot")]
Format = Annotated[Literal["text", "json"], typer.Option(help="for people or for programs")]


def gather(*steps: Callable[[], Any]) -> list[Any]:
    """Run every step and raise the problems of all together."""
    results, problems = [], []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(dict.fromkeys(problems))
    return results
