"""The first view of the dashboard by a browser that has nothing of it yet: what is sent, and when something is seen.

``python -m benchmarks.first_view`` starts a server, opens its first page in Chromium five times, each time with nothing
kept, and prints the bytes on the wire by kind, the medians of the first paint, of the first paint with content and of
the page itself, and the load.
"""

import argparse
import os
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from tests.browsing import launched, serving

#: seconds until the usual runs of the server are made, and milliseconds in which a page sends what it sends at first
WARM, SETTLED = 8.0, 3000
#: there is something of the page itself
DRAWN = "#app .tk-main-part > *"
PAINTS = "Object.fromEntries(performance.getEntriesByType('paint').map(p => [p.name, p.startTime]))"


@dataclass(frozen=True)
class Seen:
    """One look at a page."""

    #: bytes on the wire by the browser's name of their kind, heads included
    sent: Mapping[str, int]
    #: milliseconds after the address was asked for
    first_paint: float
    first_content: float
    drawn: float


def look(browser: Browser, address: str) -> Seen:
    """Open a page with nothing of it kept."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    kinds: dict[str, str] = {}
    sent: Counter[str] = Counter()

    def asked(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event.get("type", "Other")

    def came(event: dict[str, Any]) -> None:
        sent[kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

    network = context.new_cdp_session(page)
    network.on("Network.requestWillBeSent", asked)
    network.on("Network.loadingFinished", came)
    network.send("Network.enable")
    page.goto(address, wait_until="commit")
    page.wait_for_selector(DRAWN, state="attached")
    drawn = page.evaluate("performance.now()")
    page.wait_for_timeout(SETTLED)
    paints = page.evaluate(PAINTS)
    context.close()
    return Seen(sent, paints["first-paint"], paints["first-contentful-paint"], drawn)


def main() -> None:
    """Look, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--query", default="", help="of another page, such as ?page=evidence")
    given = parser.parse_args()
    with serving() as server, launched() as browser:
        time.sleep(WARM)
        look(browser, server.url + given.query)  # bundles are packed when they are first asked for
        found = [look(browser, server.url + given.query) for _ in range(given.times)]
    for kind in sorted({kind for one in found for kind in one.sent}):
        print(f"{kind:12} {statistics.median(one.sent[kind] for one in found) / 1000:7.1f} kB")
    print(f"{'all':12} {statistics.median(sum(one.sent.values()) for one in found) / 1000:7.1f} kB")
    for words in ("first_paint", "first_content", "drawn"):
        times = [getattr(one, words) / 1000 for one in found]
        print(f"{words}: median {statistics.median(times):.2f} s, worst {max(times):.2f} s")
    print(f"load {os.getloadavg()}")


if __name__ == "__main__":
    main()
