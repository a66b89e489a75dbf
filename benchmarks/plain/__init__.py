"""Plain versions of what the models do: per sample, in numpy, as the formulas are written."""
