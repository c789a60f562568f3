"""`sweep doctor`: what this machine lacks, part by part."""
