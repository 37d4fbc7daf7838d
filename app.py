"""The dashboard, for `solara run app.py`; `tashkent app` is the same with safer settings."""

from dashboard.page import Layout, Page

__all__ = ["Layout", "Page"]
