"""Loads what a run of the flow loads sooner or later; for the process that all others are forked from.

Importing this takes a second or two, so nothing else does.
"""

import flow_process
from monitor.claims.observer import Observer
from monitor.pipeline import analyse
from monitor.slack import SlackSender
from monitor.topics import Matcher
from monitor.watchlist import Watchlist

TOPICS = {"version": 1, "topics": [{"id": "t", "name": "T", "channel": "c", "match": {"text": {"en": ["few words"]}}}]}

_WATCHLIST = Watchlist.model_validate(TOPICS)
analyse._load_libraries(analyse.Readers(Matcher(_WATCHLIST), Observer(_WATCHLIST)))

__all__ = ["SlackSender", "flow_process"]
