"""Named data sets, one a file."""
