"""What a transmitter's flow says: cadence, pictures, video, and where it could not be heard."""
