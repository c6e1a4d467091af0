"""The command line: `python -m infra.demo [RUN]…`. Without a run, all are told."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from .runs import RUNS
from .scene import Scene, say


def play(names: Iterable[str], scene: Scene) -> dict[str, float]:
    """Tell these runs; one that waits is gone on with when its moment has come and the others are told.

    Returns:
        The seconds that each took, waiting not counted.
    """
    took: dict[str, float] = {}
    waiting: list[tuple[datetime, str, Iterator[datetime]]] = []

    def tell(name: str, story: Iterator[datetime]) -> None:
        began = time.monotonic()
        moment = next(story, None)
        took[name] = took.get(name, 0.0) + time.monotonic() - began
        if moment is not None:
            waiting.append((moment, name, story))

    for name in names:
        say(f"\n── {name} ──  {(RUNS[name].__doc__ or '').splitlines()[0]}")
        began = time.monotonic()
        story = RUNS[name](scene)
        took[name] = time.monotonic() - began
        if story is not None:
            tell(name, story)
    announced = ""
    while waiting:
        moment, name, story = min(waiting, key=lambda each: each[0])
        waiting.remove((moment, name, story))
        if name != announced:
            say(f"\n── {name}, continued at {moment:%H:%M:%S} UTC ──")
            announced = name
        time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
        tell(name, story)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("run", nargs="*", metavar="RUN", help="any of: " + ", ".join(RUNS))
    names = parser.parse_args().run or list(RUNS)
    if unknown := [name for name in names if name not in RUNS]:
        parser.error(f"there is no run {', '.join(unknown)}; there are: {', '.join(RUNS)}")
    scene = Scene.of_running_shop()
    took = play(names, scene)
    say("\nTold, with balanced books: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items()))
    say(f"The whole way took {time.monotonic() - scene.started:.1f} s.")


if __name__ == "__main__":
    main()
