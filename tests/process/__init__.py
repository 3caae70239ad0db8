"""The installed command as a real process, over real sockets."""
