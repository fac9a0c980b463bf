from tests.actions.running import executor, run
from tests.northlight import northlight, northlight_process

__all__ = ["executor", "northlight", "northlight_process", "run"]
