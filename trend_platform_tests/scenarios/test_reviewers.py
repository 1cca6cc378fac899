"""Two alert sensors at once, on the real database: whoever comes second finds that people were told."""

from concurrent.futures import ThreadPoolExecutor

from trend_platform.ingest.alerts import Trouble, review
from trend_platform_tests.ingest.test_alerts import Pigeon
from trend_platform_tests.world import World

STALE, QUOTA = Trouble("stale:latest_prices", "old"), Trouble("quota:polygon", "used up")


def test_reviewers_at_once_tell_each_beginning_and_each_end_once(world: World) -> None:
    pigeon, workshop = Pigeon(), world.workshop()
    with ThreadPoolExecutor(6) as pool:
        for troubles in ([STALE, QUOTA], []):
            list(pool.map(lambda _, wrong=troubles: review(workshop, wrong, pigeon), range(12)))
    assert sorted(title for title, _ in pigeon.told) == [
        "Over: quota:polygon",
        "Over: stale:latest_prices",
        "Wrong: quota:polygon",
        "Wrong: stale:latest_prices",
    ]
    assert world.storage.incidents.unfinished() == ()
