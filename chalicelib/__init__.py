"""Caravan: the rooms of the shop. `docs/rooms.md` tells how a room is built."""
