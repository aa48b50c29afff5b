"""Each figure that the documents quote, one module a figure: `python -m benchmarks.NAME [--json]`."""
