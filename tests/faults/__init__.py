"""Simulation of everything that can go wrong: one seed is one clinic with its people, its faults and its runs."""
