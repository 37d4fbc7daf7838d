"""The dashboard, for `solara run app.py`; `tashkent app` is the same with safer settings."""

from dashboard.page import Layout, Page
from dashboard.results import warm

__all__ = ["Layout", "Page"]

warm()
