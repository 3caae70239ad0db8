"""Deterministic simulation of everything that can go wrong: one seed is one clinic, its people, its faults and its runs."""
