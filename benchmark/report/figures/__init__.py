"""Figures: curves, charts, crops."""
