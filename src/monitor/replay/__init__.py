"""A recorded newsroom: outlets that publish, edit and delete again what a recording says, in time, on loopback.

For the demo, for end-to-end tests, and for trying a watchlist. The format is described in docs/replay.md.
"""

from monitor.replay.faults import FAULTS
from monitor.replay.recording import Outlet, Recording, demo_recording, load_recording
from monitor.replay.server import SOURCES_MARK, Newsroom

__all__ = ["FAULTS", "SOURCES_MARK", "Newsroom", "Outlet", "Recording", "demo_recording", "load_recording"]
