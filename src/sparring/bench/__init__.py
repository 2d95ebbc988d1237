"""Benchmarks that train: methods against worlds over seeds, beside what is published."""
