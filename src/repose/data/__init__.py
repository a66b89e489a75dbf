"""Tables, packs of images, pairs, and the samples that training draws from them."""
