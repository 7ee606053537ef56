"""Loads what a run of the flow loads sooner or later; for the process that all others are forked from.

Importing this takes a second or two, so nothing else does.
"""

import flow_process
from monitor.pipeline import analyse
from monitor.slack import SlackSender

analyse._load_libraries()

__all__ = ["SlackSender", "flow_process"]
