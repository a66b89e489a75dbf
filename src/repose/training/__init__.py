"""Training: one loop for all models, and a state that survives whatever stops it."""
