"""The flow, one function a stage; the only package that knows all stages and edges.

    poll     due feeds        -> Poll records, new Entries   spool/polls, spool/entries     async
    fetch    Entries          -> Pages                       spool/pages, warc/landing      async
    analyse  Pages            -> AnalysedPages               spool/analysed, warc/kept      CPU-bound, many processes
    load     analysed batches -> archive, Alerts queued      one transaction                one writer
    send     unsent Alerts    -> Slack, Deliveries                                          made once by key

Each stage reads what the one before left on disk and takes it away only when its own result is safe there, so each can
be run again, alone, and be killed at any moment. Stages are imported from their modules (`monitor.pipeline.load`), so
that a process pays for one stage's libraries only.
"""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told now and then how far a stage is: items done, and items in all as far as is known by now."""


def is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: a query that it cut off, for one, ends with an error of DuckDB's own."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
