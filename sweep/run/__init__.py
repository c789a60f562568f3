"""A sweep on its way: the rooms it comes from, a process per modality, the head, the persons, the report."""
