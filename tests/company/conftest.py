from tests.northlight import northlight, northlight_process

__all__ = ["northlight", "northlight_process"]
