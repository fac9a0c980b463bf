"""The command line. Commands only read options, call the part that knows, and say what happened."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=False,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A virtual assistant that finishes customers' journeys, or hands them to a person.",
)
token_app = typer.Typer(help="Bearer tokens for programs.")
staff_app = typer.Typer(help="People who work with it.")
demo_app = typer.Typer(help="The demo company.")
app.add_typer(token_app, name="token")
app.add_typer(staff_app, name="staff")
app.add_typer(demo_app, name="demo")

out = Console()
err = Console(stderr=True)

DataDir = Annotated[
    Path | None, typer.Option(envvar="ASSISTANT_DATA_DIR", help="Where everything is kept. Default: ./var")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(envvar="ASSISTANT_DATABASE", help="SQLAlchemy URL. Default: SQLite in the data dir"),
]


def _settings(**given: Any) -> Settings:
    try:
        return load_settings(**given)
    except ValidationError as error:
        for finding in error.errors():
            name = "-".join(str(part) for part in finding["loc"]).replace("_", "-")
            err.print(f"--{name}: {finding['msg']}", markup=False)
        raise typer.Exit(2) from None


@contextmanager
def _database(settings: Settings) -> Iterator[Any]:
    from assistant.clock import utc_now
    from assistant.ids import random_id
    from assistant.journal.database import Database, JournalUnavailable

    database = Database(settings.database_url, clock=utc_now, ids=random_id)
    try:
        database.migrate()
        yield database
    except JournalUnavailable as error:
        err.print(f"The database cannot be reached: {error}", markup=False)
        raise typer.Exit(1) from None
    finally:
        database.close()


def _train(settings: Settings) -> Path:
    from assistant.bot.training import TrainingFailed, model_path, train

    wanted = model_path(settings.root, settings.models_dir)
    if wanted.exists():
        return wanted
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("training", total=1.0)
        try:
            trained = train(
                settings.root,
                settings.models_dir,
                lambda what, share: progress.update(task, description=what, completed=share),
            )
        except TrainingFailed as error:
            err.print(f"The model could not be trained:\n{error}", markup=False)
            raise typer.Exit(1) from None
    err.print(f"Trained in {trained.seconds:.0f} s: {trained.path}", markup=False)
    return trained.path


@app.callback()
def main_callback(context: typer.Context) -> None:
    """Without a command: serve."""
    if context.invoked_subcommand is None:
        context.invoke(serve)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(envvar="ASSISTANT_HOST", help="Default: 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(envvar="ASSISTANT_PORT", help="Default: 8080")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    redis: Annotated[
        str | None, typer.Option(envvar="ASSISTANT_REDIS", help="Redis URL, for several workers")
    ] = None,
    workers: Annotated[int | None, typer.Option(envvar="ASSISTANT_WORKERS", help="Default: 1")] = None,
    company_url: Annotated[
        str | None,
        typer.Option(envvar="ASSISTANT_COMPANY_URL", help="A real company's API, instead of the demo's"),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(envvar="ASSISTANT_METRICS_PORT", help="Prometheus text on loopback")
    ] = None,
) -> None:
    """Trains if needed, starts the demo company unless another is named, and serves."""
    from assistant import server

    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        database=database,
        redis=redis,
        workers=workers,
        company_url=company_url,
        metrics_port=metrics_port,
    )
    try:
        server.check_settings(settings)
        server.check_port(settings)
    except server.CannotStart as error:
        err.print(str(error), markup=False)
        raise typer.Exit(2) from None
    if not _problems_allow_start(settings):
        raise typer.Exit(1)
    model = _train(settings)
    try:
        server.serve(settings, model, out)
    except server.CannotStart as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from None


def _problems_allow_start(settings: Settings) -> bool:
    """A model that is there was checked when it was made; before training, errors stop the start."""
    from assistant.bot.training import model_path

    if model_path(settings.root, settings.models_dir).exists():
        return True
    return _print_findings(settings.root)


def _print_findings(root: Path) -> bool:
    from assistant.check import check as find_problems

    findings = find_problems(root)
    for finding in findings:
        err.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    return not any(finding.level == "error" for finding in findings)


@app.command()
def train(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Trains; prints where the model is and how long it took."""
    settings = _settings(data_dir=data_dir, database=database)
    out.print(str(_train(settings)), markup=False, soft_wrap=True)


@app.command()
def check(
    labels: Annotated[
        bool, typer.Option("--labels", help="also list examples that look mislabelled, worst first (slow)")
    ] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Validates journeys, responses and training data; exit 1 on any error."""
    settings = _settings(data_dir=data_dir, database=database)
    if not _print_findings(settings.root):
        raise typer.Exit(1)
    out.print("No errors found.")
    if labels:
        _print_suspicious_labels(settings.root)


def _print_suspicious_labels(root: Path) -> None:
    from assistant.bot import bridge
    from assistant.check import suspicious_labels

    bridge.silence()
    columns = (TextColumn("comparing examples"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        found = suspicious_labels(root, lambda share: progress.update(task, completed=share))
    for finding in found:
        out.print(str(finding), markup=False, highlight=False, soft_wrap=True)
    out.print(f"{len(found)} examples look like another intent than theirs.", highlight=False)


@app.command()
def scenarios(
    names: Annotated[
        list[str] | None, typer.Argument(help="how their names begin, or files; default: all")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="print every dialogue, not only wrong ones")] = False,
    model: Annotated[Path | None, typer.Option(help="this model; default: that of the present data")] = None,
    data_dir: DataDir = None,
) -> None:
    """Plays the scripted dialogues against the real bot; shows where they first go wrong."""
    from assistant.scenarios.commands import play_all

    settings = _settings(data_dir=data_dir)
    if not play_all(settings, names or [], lambda: model or _train(settings), out, show=show):
        raise typer.Exit(1)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def rasa(context: typer.Context) -> None:
    """Rasa's own commands (shell, run, test, data validate…), with what they need on this stack."""
    from assistant.bot import bridge

    bridge.apply()
    sys.argv = ["rasa", *with_model(context.args, Path("models"), _settings().models_dir)]
    import rasa.__main__

    bridge.silence_rasa()
    rasa.__main__.main()


def with_model(args: list[str], rasas: Path, ours: Path) -> list[str]:
    """For `shell` and `run`: our model, when no other is named and `rasa train` has made none."""
    talks = args[:1] in (["shell"], ["run"]) and "actions" not in args
    named = any(arg in ("-m", "-h", "--help") or arg.startswith("--model") for arg in args)
    if talks and not named and not any(rasas.glob("*.tar.gz")) and any(ours.glob("*.tar.gz")):
        return [*args, "--model", str(ours)]
    return args


@app.command()
def rebuild(
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    definition: Annotated[
        int | None, typer.Option(help="score all history by this metric definition from now on")
    ] = None,
) -> None:
    """Rebuilds all projections from the journal; prints row counts and whether anything differed."""
    from assistant.insight.definitions import choose_definition
    from assistant.journal.rebuild import rebuild as rebuild_all
    from assistant.journeys.metrics import DEFINITIONS

    if definition is not None and definition not in DEFINITIONS:
        known = ", ".join(map(str, DEFINITIONS))
        err.print(f"There is no metric definition {definition}; choose one of {known}.", markup=False)
        raise typer.Exit(2)

    with _database(_settings(data_dir=data_dir, database=database)) as journal:
        with Progress(TextColumn("{task.description}"), BarColumn(), console=err, transient=True) as progress:
            task = progress.add_task("rebuilding", total=1.0)
            report = rebuild_all(
                journal, lambda what, share: progress.update(task, description=what, completed=share)
            )
        differed = 0
        for name, (rows, different) in report.tables.items():
            differed += different
            out.print(f"{name}: {rows} rows, {different} differed", markup=False)
        out.print("nothing differed" if not differed else f"{differed} rows differed and were put right")
        if definition is not None:
            chosen = journal.write_now(lambda tx: choose_definition(tx, definition))
            out.print(f"figures follow definition {chosen.version}: {chosen.summary}", markup=False)


@app.command()
def export(
    table: Annotated[str, typer.Option(help="attempts, journeys or handoffs")],
    format: Annotated[str, typer.Option(help="csv, parquet or jsonl")] = "csv",
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Writes a table to standard output, for analysts."""
    from assistant.journal.export import CannotExport
    from assistant.journal.export import export as write_out

    with _database(_settings(data_dir=data_dir, database=database)) as journal:
        try:
            write_out(journal, table, format, sys.stdout.buffer)
        except CannotExport as error:
            err.print(str(error), markup=False)
            raise typer.Exit(2) from None


@app.command()
def erase(
    customer_id: Annotated[str, typer.Argument(help="the company's id of the customer")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Forgets a person for good: what they said becomes unreadable, the journal stays whole."""
    from assistant.staff.commands import erase_customer

    if not yes and not typer.confirm(f"Forget {customer_id} for good? This cannot be undone."):
        raise typer.Exit(1)
    with _database(_settings(data_dir=data_dir, database=database)) as journal:
        gone = erase_customer(journal, customer_id)
    if not gone:
        err.print(f"There is nothing about {customer_id}.", markup=False)
        raise typer.Exit(1)
    out.print(f"{customer_id} is forgotten.", markup=False)


@token_app.command("create")
def token_create(
    role: Annotated[str, typer.Option(help="agent, supervisor, analyst, channel or admin")],
    name: Annotated[str, typer.Option(help="what the token is for")] = "",
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Prints one bearer token, nothing else."""
    from assistant.staff.commands import create_token
    from assistant.web import ApiError

    with _database(_settings(data_dir=data_dir, database=database)) as journal:
        try:
            print(create_token(journal, role, name or f"{role} token", [], []))
        except ApiError as error:
            err.print(error.message, markup=False)
            raise typer.Exit(2) from None


@staff_app.command("add")
def staff_add(
    email: Annotated[str, typer.Argument(help="their e-mail address")],
    role: Annotated[str, typer.Option(help="agent, supervisor, analyst or admin")],
    name: Annotated[str | None, typer.Option(help="as customers see it; default: from the address")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Creates a sign-in; prints a one-time link to set the password."""
    from assistant.staff.commands import add_staff
    from assistant.web import ApiError

    settings = _settings(data_dir=data_dir, database=database)
    with _database(settings) as journal:
        try:
            link = add_staff(journal, email, role, name)
        except ApiError as error:
            err.print(error.message, markup=False)
            raise typer.Exit(2) from None
    print(f"{settings.base_url}/set-password?token={link}")


@demo_app.command("customers")
def demo_customers(
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """The demo company's customers to try things as, and what is open for them."""
    from assistant.demo import demo_customers as list_customers

    settings = _settings(data_dir=data_dir, database=database)
    customers = list_customers(settings)
    if as_json:
        print(json.dumps(customers, ensure_ascii=False))
        return
    for customer in customers:
        open_things = ", ".join(
            f"{key}: {value}" for key, value in (customer.get("open") or {}).items() if value
        )
        out.print(
            f"{customer['account']}  {customer['name']:<28} {customer['email']:<38} {open_things}",
            markup=False,
            soft_wrap=True,
        )


def main() -> None:
    """The entry point of `assistant`. Options without a command are those of `serve`."""
    given = sys.argv[1:]
    if given and given[0].startswith("-") and given[0] != "--help":
        sys.argv.insert(1, "serve")
    app()
