"""Benchmarks: what Ligament needs, as ratios to what physics, the vendors' limits or a peer allow."""
