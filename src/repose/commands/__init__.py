"""What `repose` does besides the stages: one module per command.

A module's docstring opens with the line that `repose --help` shows. It has two functions:
`add_arguments(parser)` and `run(options) -> int`, the exit status. Heavy imports stand in `run`,
so that a stage does not pay for them.
"""

import pkgutil


def commands() -> list[str]:
    """Return the names of all commands."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))
