# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Shared by the lab's shell scripts: paths in the cache, messages, long steps.
# Sourced with the strict mode already on.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$LAB/../.." && pwd)
SUITE=${SUITE:-forky}

# One cache for all checkouts; roots are shared, results belong to a checkout.
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/nfacct-lab
CHECKOUT_ID=$(printf %s "$TOP" | sha256sum | cut -c1-8)
OUT=$CACHE/out-$CHECKOUT_ID/$SUITE
LOGS=$OUT/logs

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# step LABEL LOG COMMAND...: run a long command with its output in LOG, show
# the elapsed time meanwhile, and the end of LOG if it fails.
step() {
	local label=$1 log=$2 begin=$SECONDS shown=0 pid rc=0
	shift 2
	mkdir -p "${log%/*}"
	# In a process group of its own, to end all of it when we are ended.
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	set +m
	# shellcheck disable=SC2064 # this very process is meant
	trap "kill -- -$pid 2>/dev/null; exit 130" INT TERM HUP PIPE
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		if [[ -t 2 ]]; then
			printf '\r%s ... %ds ' "$label" $((SECONDS - begin)) >&2
		elif ((SECONDS - begin >= shown + 20)); then
			shown=$((SECONDS - begin))
			say "$label ... ${shown}s"
		fi
	done
	wait "$pid" || rc=$?
	trap - INT TERM HUP PIPE
	[[ -t 2 ]] && printf '\r' >&2
	if ((rc)); then
		say "$label: FAILED after $((SECONDS - begin))s, end of $log:"
		tail -n 40 "$log" >&2
		return "$rc"
	fi
	say "$label: done in $((SECONDS - begin))s"
}

# locked NAME COMMAND...: one at a time among all users of this cache.
locked() {
	local name=$1
	shift
	mkdir -p "$CACHE"
	(
		if ! flock -n 9; then
			say "waiting for another run ($name) ..."
			flock 9
		fi
		"$@" 9>&-
	) 9>"$CACHE/.lock-$name"
}

# remove_unused DIR: remove a root or a debug kernel unless somebody works in it.
remove_unused() {
	flock --nonblock --exclusive "$1" rm -rf --one-file-system "$1"
}

# in_root COMMAND...: run inside the suite's root.
in_root() {
	"$LAB/enter.sh" "$ROOT" "$@"
}
