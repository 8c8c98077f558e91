#!/bin/sh
# Runs in a container that a real systemd has booted, with the Debian package installed: starts both services, uses
# everything that their units promise, and writes what came of it as NAME=VALUE lines to /root/result.
exec >/root/result 2>&1
client=rengarde-client@t
server=rengarde-server@t

show() { systemctl show --property="$2" --value "$1"; }
say() { echo "$1=$2"; }
wait_for() { # what should be, and a command that tells whether it is
  for _ in $(seq 150); do
    if eval "$2"; then return; fi
    sleep 0.2
  done
  say "never came" "$1"
}

ip link set lo up
ip link add wan0 type veth peer name wan1
ip address add 192.0.2.1/24 dev wan0
ip link set wan0 up
ip link set wan1 up

systemctl start "$server" "$client"
say start "$?"
for unit in "$client" "$server"; do
  say "$unit active" "$(systemctl is-active "$unit")"
done
wait_for status "[ \"\$(show $client StatusText)\" = 'carrying over wan0' ]"
say client-status "$(show "$client" StatusText)"
wait_for 'status of the server' "[ -n \"\$(show $server StatusText)\" ]"
say server-status "$(show "$server" StatusText)"

pid=$(show "$client" MainPID)
say user-is-root "$([ "$(stat -c %u "/proc/$pid")" = 0 ] && echo yes || echo no)"
say capabilities "$(sed -n 's/^CapEff:\t0*//p' "/proc/$pid/status")"
say bounding "$(sed -n 's/^CapBnd:\t0*//p' "/proc/$pid/status")"
say no-new-privileges "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")"
say engine "$(journalctl -u "$client" -o cat | grep -o '(linux engine)' | head -1)"

page=http://127.0.0.1:9401
say page "$(curl -s -o /dev/null -w '%{http_code}' $page/)"
say exclude "$(curl -s -X POST -H 'Content-Type: application/json' -d '{"force":true}' $page/api/v2/paths/wan0/exclude)"
say keep "$(curl -s -X POST $page/api/v2/exclusions/keep)"
say kept "$(grep -c wan0 /etc/rengarde/t.yml)"
wait_for 'status after keeping' "show $client StatusText | grep -q 'no usable interface'"

sed -i 's/description: .*/description: reloaded/' /etc/rengarde/t.yml
systemctl reload "$client"
say reload "$?"
wait_for 'end of reload' "[ \"\$(systemctl is-active $client)\" = active ]"
say after-reload "$(systemctl is-active "$client")"

# A process that stands still feeds no watchdog.
kill -STOP "$pid"
wait_for 'restart by the watchdog' "[ \"\$(show $client NRestarts)\" -ge 1 ] && [ \"\$(systemctl is-active $client)\" = active ]"
say restarted "$([ "$(show "$client" MainPID)" != "$pid" ] && echo yes || echo no)"
say watchdog "$(journalctl -u "$client" -o cat | grep -o 'Watchdog timeout' | head -1)"

systemctl stop "$client" "$server"
say result "$(show "$client" Result)"
say past "$(ls /var/lib/private/rengarde-client-t)"
say owner "$(stat -c '%U:%G %a' /etc/rengarde/t.yml)"
systemd-analyze security --no-pager "$client" | tail -1
journalctl -u "$client" -o cat | sed 's/=/: /g' | tail -40
