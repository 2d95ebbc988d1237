"""Benchmarks that train: methods on toy worlds over several seeds, compared with published results."""
