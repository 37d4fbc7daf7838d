"""What makes pages for docs/ from results/: not in the wheel.

``python -m publish.NAME`` finds the numbers, writes tables into results/ and then the page; ``--page`` writes the page
and its figures anew from the tables that are there.
"""
