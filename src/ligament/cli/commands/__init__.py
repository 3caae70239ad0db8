"""The commands, one file for each entry of the menu: their arguments, and what they call."""
