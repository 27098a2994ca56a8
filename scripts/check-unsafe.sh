#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The layer rule of the kernel modules: `unsafe` occurs only in the
# abstraction layer and in the file that exports C symbols, and every unsafe
# block or impl has a SAFETY comment right above it.
set -euo pipefail
cd "$(dirname "$0")/../kernel-module"

bad=0
complain() {
	echo "$1"
	bad=1
}

while IFS= read -r file; do
	case $file in
	./netfilter/* | */exports.rs) ;;
	*)
		hits=$(sed -E 's://.*$::' "$file" |
			grep -nE '\bunsafe\b' | grep -vE 'forbid\(unsafe_code\)|deny\(unsafe_code\)' || true)
		[[ -z $hits ]] || complain "kernel-module/${file#./}: unsafe code outside the abstraction layer:
$hits"
		;;
	esac
	hits=$(awk '
		/^[[:space:]]*\/\// { if (/SAFETY:|# Safety/) safe = 1; next }
		/^[[:space:]]*#\[/ { next }
		{
			code = $0
			sub(/\/\/.*$/, "", code)
			if (code ~ /(^|[^[:alnum:]_])unsafe[[:space:]]*(\{|impl[[:space:]<])/ && !safe && !carry)
				print FNR ": " $0
			# A comment covers the whole statement that it stands above.
			carry = (safe || carry) && code !~ /[;{}][[:space:]]*$/
			safe = 0
		}' "$file")
	[[ -z $hits ]] || complain "kernel-module/${file#./}: no SAFETY comment above:
$hits"
done < <(find . -name '*.rs' ! -name bindings_generated.rs ! -path './model/target/*' | sort)
exit $bad
