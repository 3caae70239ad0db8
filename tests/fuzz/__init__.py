"""Values that nobody would send, by the hundred thousand, into both decoders and the planner."""
