"""Observations: what articles say about the watchlist's claims, and who says it. `observer` puts the parts together."""
