"""Benchmarks: how azresp starts, shows its first glyph and streams, as ratios against plain baselines."""
