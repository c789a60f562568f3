"""What anybody may see of a room, by the sticker on its door."""
