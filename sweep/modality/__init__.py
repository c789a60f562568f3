"""What a modality is to the rest of the probe: its task, its measurement, messages on the way, the persons' leave."""
