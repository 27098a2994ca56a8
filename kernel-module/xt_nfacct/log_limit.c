// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a rate limit, as pr_info_ratelimited() defines it. In C because
 * only the macros know how its lock is initialised; there is no logic here.
 */
#include <linux/ratelimit.h>

extern struct ratelimit_state nfacct_log_limit;

DEFINE_RATELIMIT_STATE(nfacct_log_limit, DEFAULT_RATELIMIT_INTERVAL,
		       DEFAULT_RATELIMIT_BURST);
