"""What a printed log draws of a sweep."""
