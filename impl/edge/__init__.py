"""ASGI layers around connexion: what every request meets, routed or not."""
