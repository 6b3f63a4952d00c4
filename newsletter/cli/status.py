"""A digest's status as a person reads it."""

from rich.console import Console
from rich.table import Table

from newsletter.publishing import Status


def show_status(status: Status) -> None:
    """Print the account of a digest: its counts, and a line for each letter."""
    console = Console(highlight=False)
    counts = ", ".join(f"{count:,} {state}" for state, count in status.counts.items() if count)
    console.print(
        f"[bold]{status.week}[/bold]  {status.state}  planned {status.planned:,}" + (f": {counts}" * bool(counts))
    )
    if not status.balances:
        console.print("[bold red]the account does not balance: planned and found differ[/bold red]")
    if not status.letters:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("edition", "left"), ("languages", "left"), ("variant", "left"), ("readers", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("sent", justify="right")
    table.add_column("size", justify="right")
    table.add_column("fallbacks", justify="right")
    table.add_column("left out", justify="right")
    for letter in status.letters:
        table.add_row(
            letter.edition,
            ", ".join(letter.languages),
            letter.variant,
            f"{letter.readers:,}",
            f"{letter.sent:,}",
            f"{letter.bytes_html / 1000:.0f} KB" if letter.bytes_html else "text",
            str(len(letter.fallbacks)),
            str(len(letter.omitted)),
        )
    console.print(table)
    for letter in status.letters:
        name = f"{letter.edition} ({', '.join(letter.languages)}, {letter.variant})"
        for one in letter.fallbacks:
            console.print(f"  {name}: {one.slug} falls back to {one.language}", soft_wrap=True)
        for slug in letter.omitted:
            console.print(f"  {name}: {slug} is left out", soft_wrap=True)
