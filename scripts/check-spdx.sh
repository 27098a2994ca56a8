#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every file of ours names its licence in its first lines: GPL-2.0-only for
# the kernel part and its tests, MIT OR Apache-2.0 for the userland.
set -euo pipefail
cd "$(dirname "$0")/.."
files=$(git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard)

bad=0
while IFS= read -r file; do
	case $file in
	COPYING | *LICENSE* | *.md | *.lock | *.gitignore | .editorconfig) continue ;;
	*/golden/* | */corpus/* | */snapshots/* | */fixtures/* | *.json | *.xml | *.txt | *.bin | *.hex | *.out) continue ;;
	esac
	case $file in
	userland/*) wanted='MIT OR Apache-2.0' ;;
	*) wanted='GPL-2.0-only' ;;
	esac
	if ! head -n 3 "$file" | grep -qF "SPDX-License-Identifier: $wanted"; then
		echo "$file: no 'SPDX-License-Identifier: $wanted' in its first lines"
		bad=1
	fi
done <<<"$files"
exit $bad
