"""Metrics: one file a family. They are the bench's hot path, so each computes the reference's half once."""
