"""The lens modality's forest and curves: rows, training, figures, comparisons of looks."""
