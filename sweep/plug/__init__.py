"""What a modality is to the rest of the probe: its task, its measurement, words on the way, the persons' leave."""
