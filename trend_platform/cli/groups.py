"""Verbs that have verbs of their own, such as `trend db migrate`: all of one make."""

import typer


def verb_group(summary: str) -> typer.Typer:
    """Return an application for a verb's verbs; called without one, it shows its help."""
    app = typer.Typer(help=summary, add_completion=False, rich_markup_mode="rich", invoke_without_command=True)
    app.callback(help=summary)(show_help)
    return app


def show_help(ctx: typer.Context) -> None:
    """Show the help of a group that is called without a verb."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit
