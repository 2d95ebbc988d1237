"""File formats of images, and the layouts they are read into."""
