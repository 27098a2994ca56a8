# SPDX-License-Identifier: GPL-2.0-only
"""A session gets into its document whole, or the document stays."""

import unittest

from splice import splice

DOCUMENT = "before\n<!-- make session -->\n```console\nold\n```\nafter\n"
SESSION = "boot noise\r\n-----begin of the session-----\r\n# nfacct list\r\n-----end of the session-----\r\n"


class Splice(unittest.TestCase):
    """splice.py"""

    def test_the_block_is_replaced(self):
        want = "before\n<!-- make session -->\n```console\n# nfacct list\n```\nafter\n"
        self.assertEqual(splice(DOCUMENT, SESSION), want)
        self.assertEqual(splice(want, SESSION), want)

    def test_a_session_that_broke_off(self):
        with self.assertRaises(ValueError):
            splice(DOCUMENT, SESSION.replace("end of", "end"))

    def test_a_document_without_a_place_or_with_two(self):
        for document in ("", DOCUMENT * 2):
            with self.assertRaises(ValueError):
                splice(document, SESSION)


if __name__ == "__main__":
    unittest.main()
