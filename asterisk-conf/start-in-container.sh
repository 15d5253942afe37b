#!/bin/sh
# Starts Asterisk in its own container, once Tonebank's container has written the configuration into the shared folder.
set -eu
conf=/data/switch/conf/asterisk.conf
# asterisk.conf is written last: when it is there, the others are.
while [ ! -f "$conf" ]; do sleep 0.2; done
# With real-time priority, where the container may give it, speech does not falter under load.
if chrt --rr 10 true 2>/dev/null; then set -- -p; else set --; fi
exec asterisk -f "$@" -C "$conf"
