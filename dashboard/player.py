"""The player of months: one part of a page that others have within them."""

from pathlib import Path

#: what a part that is drawn by Vue has within it: name -> text
WITHIN = {"tk-player": (Path(__file__).parent / "player.vue").read_text(encoding="utf-8")}
