"""`trend config`: writes, shows and checks the settings. A secret is never shown."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.config_checks import settings_faults
from trend_platform.cli.config_values import settings_in_force
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.errors import ConfigurationError, UnavailableError, UsageError
from trend_platform.settings import CONFIG_FILE, config_file

app = verb_group("Write, show or check the settings.")


@app.command("init")
def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path(CONFIG_FILE),
    as_json: JsonOption = False,
) -> None:
    """Write a commented configuration file; one that is there is never overwritten.

    Example: `trend config init`
    """
    out = Output(as_json=as_json)
    template = files("trend_platform.cli").joinpath("config_template.toml").read_text()
    try:
        with path.open("x") as file:
            file.write(template)
    except FileExistsError:
        raise UsageError(f"{path} is there already and is left as it is; edit it, or name another file") from None
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}") from None
    if as_json:
        out.json({"written": str(path)})
    out.say(f"{path} is written; every line of it is commented out, so nothing has changed yet.")


@app.command("show")
def show(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting in force, where it comes from, and the variable that overrides it."""
    out, file = Output(as_json=as_json), config_file()
    values = settings_in_force(session_of(ctx).settings, file)
    found = str(file.absolute()) if file.is_file() else None
    if as_json:
        listed = [
            {"name": one.name, "value": one.value, "from": one.source, "variable": one.variable} for one in values
        ]
        out.json({"file": found, "settings": listed})
        return
    out.say(f"Configuration file: {found or f'none ({file} is not there; `trend config init` writes one)'}")
    rows = [(one.name, one.text, one.source, one.variable) for one in values]
    out.table("", ("setting", "value", "from", "variable"), rows)


@app.command("check")
def check(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Check that the settings fit: names, values, symbols, providers, paths. Nothing is asked of any service."""
    out, file = Output(as_json=as_json), config_file()
    faults = settings_faults(session_of(ctx).settings)
    if faults:
        raise ConfigurationError("settings do not fit: " + "; ".join(faults))
    if as_json:
        out.json({"file": str(file.absolute()) if file.is_file() else None, "faults": []})
    out.say("The settings fit.")
