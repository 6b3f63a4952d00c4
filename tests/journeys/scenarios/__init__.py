"""What can be done to a digest on its way: each scenario a function, registered with the promises it is held to."""

from tests.journeys.scenarios.clocks import CLOCKS
from tests.journeys.scenarios.people import PEOPLE
from tests.journeys.scenarios.scenario import Scenario
from tests.journeys.scenarios.servers import SERVERS
from tests.journeys.scenarios.workers import WORKERS

SCENARIOS: dict[str, Scenario] = {one.name: one for one in (*WORKERS, *PEOPLE, *SERVERS, *CLOCKS)}

__all__ = ["SCENARIOS", "Scenario"]
