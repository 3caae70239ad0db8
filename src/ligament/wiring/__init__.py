"""The composition root: settings, parts, and the verbs that both skins call."""
