"""The log of a period and what else goes into documents, gathered from projections and entries."""
