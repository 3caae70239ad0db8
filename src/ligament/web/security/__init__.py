"""What keeps strangers out: hosts, addresses, cookies, tokens of forms, headers, and who may open what."""
