"""The stages: each a frozen `Config` and a `run` that opens files, computes, and writes files."""
