"""Human shoppers' forms: the questions in words, as a workbook or as CSV, out and in.

What an answer is worth lives in `results.marking`; what was filled in is kept by `results.people`.
"""
