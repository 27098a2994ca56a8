# SPDX-License-Identifier: GPL-2.0-only
"""Counts what passed and failed, and prints the last line."""

import traceback

from lab import LabError, say


class Tally:
    """The verdicts of one `make test`."""

    def __init__(self):
        self.passed = 0
        self.failures = []

    def record(self, name, complaints=()):
        """Count one item, return whether it passed; complaints say why it failed."""
        complaints = list(complaints)
        if not complaints:
            self.passed += 1
            return True
        self.failures.append(name)
        say(f"FAILED {name}")
        for complaint in complaints[:20]:
            say(f"    {complaint}")
        if len(complaints) > 20:
            say(f"    ... and {len(complaints) - 20} more")
        return False

    def finish(self):
        """Print the summary; return the exit status."""
        if self.failures:
            print("failed:", *self.failures, sep="\n    ")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures or not self.passed else 0


def counted(main):
    """Run main(tally); whatever happens, the last line counts and the status is its verdict."""
    tally = Tally()
    try:
        main(tally)
    except LabError as error:
        tally.record("the lab itself", [f"error: {error}"])
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # pylint: disable=broad-except
        tally.record("the lab itself", traceback.format_exception(error)[-12:])
    return tally.finish()
