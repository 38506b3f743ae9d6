# nginx: our own, unprivileged, with the checked-in configuration moved to this stack's place.
# shellcheck shell=bash

nginx_pid() { cat "$RUN/nginx.pid" 2>/dev/null || true; }
nginx_runs() { alive "$(nginx_pid)" nginx; }
our_nginx() {
	run_as /usr/sbin/nginx -p "$VAR/nginx" -c "$VAR/nginx/purser.conf" -e "$VAR/log/nginx-error.log" "$@"
}

start_nginx() {
	local changed=no
	if render_nginx; then changed=yes; fi
	our_nginx -q -t
	if ! nginx_runs; then
		stop_orphans
		our_nginx 9>&-
	elif [ $changed = yes ] || [ "$VAR/tls/server.crt" -nt "$RUN/nginx.pid" ]; then
		kill -HUP "$(nginx_pid)"
		touch "$RUN/nginx.pid"
		note "configuration read anew"
	else
		note "ran already"
	fi
}

stop_nginx() {
	local pid
	pid=$(nginx_pid)
	if ! nginx_runs; then
		stop_orphans
		note "did not run"
		return
	fi
	kill -QUIT "$pid" # serves what it holds
	wait_gone 5 "$pid" && return
	kill -TERM "$pid"
	wait_gone 5 "$pid"
}

# Workers whose master was killed keep the port. Ours are those that have our error log open.
stop_orphans() {
	local pid fd orphans=()
	while read -r pid; do
		for fd in "$pid"/fd/*; do
			[ "$fd" -ef "$VAR/log/nginx-error.log" ] || continue
			orphans+=("${pid#/proc/}")
			break
		done
	done < <(find /proc -mindepth 2 -maxdepth 2 -name exe -lname '*/nginx' -printf '%h\n' 2>/dev/null)
	[ ${#orphans[@]} -gt 0 ] || return 0
	kill -TERM "${orphans[@]}"
	wait_gone 5 "${orphans[@]}"
	note "stopped workers without a master"
}

# True when something changed.
render_nginx() {
	local file changed=1
	for file in "$ROOT/nginx/"*.conf "$ROOT/nginx/"*.lua; do
		if move_paths "$file" | replace "$VAR/nginx/${file##*/}"; then changed=0; fi
	done
	return $changed
}

# From production's places to ours: paths, addresses, names, and tests and benchmarks may ask as
# often as they can. The user is named although nginx runs as nobody else: whoever tries the
# configuration as root gives the temporary folders to the user it names.
move_paths() { # FILE
	local six='s/\[::\]:443/[::1]:'$PORT/
	[ -e /proc/net/if_inet6 ] || six='/listen \[::\]/d'
	sed -e "s|/run/purser/|$RUN/|" -e "s|/etc/purser/tls/|$VAR/tls/|" \
		-e "s|/etc/purser/nginx/|$VAR/nginx/|" -e "s|/usr/share/purser/|$VAR/install/share/purser/|" \
		-e "s|/var/log/purser/|$VAR/log/|" \
		-e "s|/var/cache/purser/|$VAR/nginx/tmp/|" \
		-e "s/listen 443/listen 127.0.0.1:$PORT/" -e "$six" \
		-e 's/# 192.0.2.7 1;/127.0.0.1 1; ::1 1;/' \
		-e 's/server_name purser.example;/server_name localhost 127.0.0.1 [::1];/' \
		-e "s/^user .*/user $RUN_USER $(id -gn "$RUN_USER");/" "$1"
}
