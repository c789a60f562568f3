"""Routes of facilities, rooms, schedules and what the public sees of them."""
