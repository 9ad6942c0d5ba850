"""`earlyhelp html` and `earlyhelp pdf`: the book as pages and as one document."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    pages = subparsers.add_parser("html", help="build a study's book as HTML")
    pages.add_argument("study", type=Path, help="study folder, such as data/rotherham")
    results = "folder of the study's executed notebooks"
    pages.add_argument("--results", type=Path, required=True, help=results)
    pages.add_argument("--output", type=Path, required=True, help="folder for the pages; replaced")
    pages.set_defaults(func=build_html)

    document = subparsers.add_parser("pdf", help="turn a built HTML book into one PDF")
    document.add_argument("html", type=Path, help="folder that `earlyhelp html` wrote")
    document.add_argument("--output", type=Path, required=True, help="PDF file; replaced")
    document.set_defaults(func=build_pdf)


def build_html(args: argparse.Namespace) -> int:
    """Build the pages."""
    from earlyhelp.render.html import build_html

    print(f"Building the pages in {args.output}", file=sys.stderr)
    build_html(args.study, args.results, args.output)
    return 0


def build_pdf(args: argparse.Namespace) -> int:
    """Build the PDF."""
    from earlyhelp.render.pdf import build_pdf

    print(f"Building {args.output}", file=sys.stderr)
    build_pdf(args.html, args.output)
    return 0
