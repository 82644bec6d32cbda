"""What a client adds to every response time even in a process with room: its own Python, which is no saturation."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import replace

from table import Table

from saturated.second import PERCENTILES, Second

#: The scenarios in which nothing is in the client's way.
UNDISTURBED = ("idle", "quota_roomy")

#: Milliseconds by client, delay and place in `PERCENTILES`.
Costs = dict[tuple[str, str, int], float]


def costs(seconds: list[Second]) -> Costs:
    """Return by how much the percentiles of unsaturated seconds are above the reference's.

    The lower quartile of the seconds, since some of them may have been disturbed from outside.
    """
    above = defaultdict(list)
    for second in seconds:
        if second.scenario in UNDISTURBED:
            for delay, measured in second.generator.items():
                for place in range(len(PERCENTILES)):
                    found_ms = measured[place] - second.reference[delay][place]
                    above[second.client, delay, place].append(max(0.0, found_ms))
    return {key: statistics.quantiles(found, n=4)[0] for key, found in above.items() if len(found) > 1}


def with_costs(seconds: list[Second], added: Costs) -> list[Second]:
    """Return the seconds with references to which the clients' own costs are added: what each should measure.

    Where nothing is known of an endpoint, it is compared with the bare reference.
    """
    return [
        replace(
            second,
            reference={
                delay: tuple(ms + added.get((second.client, delay, place), 0.0) for place, ms in enumerate(true))
                for delay, true in second.reference.items()
            },
        )
        for second in seconds
    ]


def table(added: Costs) -> Table:
    """Return the costs."""
    columns = ("client", "delay", *(f"p{percent}" for percent in PERCENTILES))
    found = Table(
        "What the clients themselves add with nothing in their way, in ms; it is not held against them", columns
    )
    for client, delay in sorted({(client, delay) for client, delay, _ in added}):
        cells = (f"{added[client, delay, place]:.2f}" for place in range(len(PERCENTILES)))
        found.add(client, f"{delay} ms", *cells)
    return found
