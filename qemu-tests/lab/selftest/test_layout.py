# SPDX-License-Identifier: GPL-2.0-only
"""The reader of pahole's output must not miss a member."""

import unittest

from layout import assertions, parse

NESTED = """struct nla_policy {
\tu8                         type;                 /*     0     1 */

\t/* XXX 7 bytes hole, try to pack */

\tunion {
\t\tconst u32          mask;                 /*     8     4 */
\t\tstruct {
\t\t\ts16        min;                  /*     8     2 */
\t\t\ts16        max;                  /*    10     2 */
\t\t};                                       /*     8     4 */
\t\tint                (*validate)(const struct nlattr  *, struct netlink_ext_ack *); /*     8     8 */
\t};                                               /*     8     8 */
\tconst const char           name[29];             /*    16    29 */
\tstruct list_head           list __attribute__((__aligned__(8))); /*    48    16 */

\t/* size: 64, cachelines: 1, members: 4 */
};
"""


class Parse(unittest.TestCase):
    """Members, nested unions, arrays and function pointers."""

    def test_members(self):
        struct = parse(NESTED)
        self.assertEqual(struct.size, 64)
        self.assertEqual(struct.members, [
            ("type_", 0, 1),
            ("__bindgen_anon_1.mask", 8, 4),
            ("__bindgen_anon_1.__bindgen_anon_1.min", 8, 2),
            ("__bindgen_anon_1.__bindgen_anon_1.max", 10, 2),
            ("__bindgen_anon_1.validate", 8, 8),
            ("name", 16, 29),
            ("list", 48, 16),
        ])

    def test_assertions(self):
        lines = assertions("nla_policy", parse(NESTED))
        self.assertEqual(len(lines), 1 + 2 * 7)
        self.assertIn("size_of::<b::nla_policy>() == 64", lines[0])

    def test_unknown_type(self):
        self.assertIsNone(parse("pahole: type 'x' not found\n").size)
