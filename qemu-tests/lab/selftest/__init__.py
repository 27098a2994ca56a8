# SPDX-License-Identifier: GPL-2.0-only
"""Self-tests of the lab: does each check fail when it should?"""
