"""How large foreign files may be: more is refused before anything makes room for it."""

MOST_PIXELS = 100_000_000  # of an image or a frame: 12,000 x 8,300, above any camera
MOST_TEXT_BYTES = 1 << 26  # of a file of JSON or CSV
