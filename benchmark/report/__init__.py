"""Figures and tables from the summary of a run."""
