"""Images from files: a folder, an archive, an array, or a packed data set."""
