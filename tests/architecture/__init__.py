"""The law of the house: who may import whom, and what may be written where."""
