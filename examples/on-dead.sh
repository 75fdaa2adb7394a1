#!/bin/sh
# A recovery command: ringwatch agent --on-dead ./examples/on-dead.sh
#
# It keeps the newest fence of each node in a file and refuses an older one, then does its work. The lock holds
# on one machine only; across machines keep the fence in the database that the work changes (docs/recovery.md).
set -eu
folder=${TAKEOVER_FOLDER:-./takeover}
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9

newest=$(cat "$folder/$RINGWATCH_NODE" 2>/dev/null || echo 0)
if [ "$RINGWATCH_FENCE" -le "$newest" ]; then
  echo "fence $RINGWATCH_FENCE comes too late, $newest has been here" >&2
  exit 1
fi
printf '%s\n' "$RINGWATCH_FENCE" >"$folder/$RINGWATCH_NODE"

echo "taking over from $RINGWATCH_NODE, voted dead by $RINGWATCH_VOTERS"
