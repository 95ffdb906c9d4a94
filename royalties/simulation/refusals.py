"""What makes a scenario impossible to run. Pure."""

from collections.abc import Sequence


class BadScenario(ValueError):
    """The file is no scenario; each problem begins with the path of what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
