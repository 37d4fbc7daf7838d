"""The dashboard, for `solara run app.py`; `tashkent app` is the same with safer settings."""

from tashkent.dashboard.page import Layout, Page
from tashkent.dashboard.results import warm

__all__ = ["Layout", "Page"]

warm()
