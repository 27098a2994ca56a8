# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Where packages come from: the mirror and the fetch options that the host's
# own apt is configured with. Sourced after common.sh.

# host_mirror: print the URI of the distribution's archive on this host.
# LAB_MIRROR= overrides it, for a host of another distribution.
host_mirror() {
	local lines uri file
	if [[ -n ${LAB_MIRROR:-} ]]; then
		printf '%s\n' "$LAB_MIRROR"
		return
	fi
	command -v apt-get >/dev/null || die "no apt-get here: set LAB_MIRROR= to the URI of an archive mirror"
	# Without downloaded lists there is no label: the release name decides then.
	# shellcheck disable=SC2016 # field names of apt
	lines=$(apt-get indextargets --format '$(REPO_URI) $(LABEL) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		grep ' main$' || true)
	uri=$(awk -v rel="$(host_codename)" \
		'$2 == "Debian" && $3 == rel { print $1; exit }' <<<"$lines")
	[[ -n $uri ]] || uri=$(awk -v rel="$(host_codename)" '$(NF-1) == rel { print $1; exit }' <<<"$lines")
	[[ -n $uri ]] || uri=$(awk '$2 == "Debian" { print $1; exit }' <<<"$lines")
	if [[ $uri == mirror+file:* ]]; then
		file=/${uri#mirror+file:}
		uri=$(awk '/^[a-z]+:/ { print $1; exit }' "${file%/}")
	fi
	[[ -n $uri ]] || die "apt has no archive configured here: set LAB_MIRROR= to the URI of a mirror"
	printf '%s\n' "${uri%/}"
}

host_codename() {
	# shellcheck source=/dev/null
	(. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-}")
}

# host_apt_options: the host's settings that decide whether a fetch works
# (validity checks, proxies, time-outs), in apt.conf syntax.
host_apt_options() {
	command -v apt-config >/dev/null || return 0
	apt-config dump --format '%F "%v";%n' --no-empty 2>/dev/null |
		grep -E '^Acquire::(Check-Valid-Until|Check-Date|Retries|ForceIPv[46]|Max-FutureTime|(http|https|ftp)::(Proxy|Timeout|Verify|CaInfo|Pipeline|User-Agent|No-Cache))' || true
}
