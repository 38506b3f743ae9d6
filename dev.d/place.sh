# place: the folder everything lives in, and the user everything runs as.
# shellcheck shell=bash

# As root the servers run as www-data, which every Debian has; otherwise as whoever calls.
if [ "$(id -u)" -eq 0 ]; then
	RUN_USER=www-data
	RUN_AS=(/usr/bin/setpriv --reuid=www-data --regid=www-data --init-groups
		--inh-caps=-all --no-new-privs --)
else
	RUN_USER=$(id -un)
	RUN_AS=()
fi

# run_as COMMAND...: as the user of the servers, from a folder which that one can enter.
run_as() { (cd "$VAR" && exec "${RUN_AS[@]}" "$@"); }

# own FILE...: belongs to the user of the servers.
own() { [ "$(id -u)" -ne 0 ] || chown "$RUN_USER:" "$@"; }

# Makes the folder where there is none, and the paths in it.
open_var() {
	case $VAR$ROOT in *[[:space:]\'\"\\]*)
		die "paths with spaces or quotes do not work with make: $ROOT, $VAR" ;;
	esac
	if [ -L "$VAR" ] && [ ! -e "$VAR" ]; then rm -f "$VAR"; fi
	if [ -d "$VAR" ] && [ -z "$(ls -A "$VAR")" ]; then rmdir "$VAR"; fi
	[ -d "$VAR" ] || make_var
	[ -e "$VAR/lock" ] || die "$VAR holds something that ./dev did not make"
	set_paths
	run_as true || die "$RUN_USER cannot enter $VAR: give another place as PURSER_VAR"
	mkdir -p "$VAR/log" "$VAR/etc" "$VAR/nginx/tmp" "$VAR/sanitizer" "$VAR/secrets" "$VAR/tls"
	chmod 0700 "$VAR/secrets"
	touch "$VAR/log/purser.log" "$VAR/log/postgresql.log" "$VAR/log/nginx-error.log"
	own "$VAR/secrets" "$VAR/sanitizer" "$VAR/nginx/tmp" "$VAR/log/"{purser,postgresql,nginx-error}.log
	make_run
}

# Finds the folder; false where there is none.
find_var() {
	[ -d "$VAR/run" ] || return 1
	set_paths
	mkdir -p "$VAR/log"
}

set_paths() {
	VAR=$(cd "$VAR" && pwd -P)
	RUN=$(cd "$VAR/run" 2>/dev/null && pwd -P) || RUN=$VAR/run
	URL=https://localhost:$PORT
}

# A folder, or, where the servers' user could not enter it, a link to one under /var/tmp.
make_var() {
	local parent elsewhere
	parent=$(dirname "$VAR")
	mkdir -p "$parent"
	if "${RUN_AS[@]}" /usr/bin/test -x "$parent"; then
		mkdir "$VAR"
	else
		elsewhere=$(mktemp -d /var/tmp/purser-XXXXXXXX)
		chmod 0755 "$elsewhere"
		ln -s "$elsewhere" "$VAR"
		say "$RUN_USER cannot enter $parent: $VAR is a link to $elsewhere"
	fi
	touch "$VAR/lock"
}

# The folder of sockets. A socket's path has 107 bytes at most, so a long one becomes a link.
make_run() {
	local short
	if [ -L "$VAR/run" ] && [ ! -e "$VAR/run" ]; then rm -f "$VAR/run"; fi
	if [ ! -e "$VAR/run" ]; then
		if [ ${#VAR} -le 60 ]; then
			mkdir "$VAR/run"
		else
			short=$(mktemp -d /tmp/purser-XXXXXXXX)
			ln -s "$short" "$VAR/run"
		fi
	fi
	RUN=$(cd "$VAR/run" && pwd -P)
	chmod 0700 "$RUN"
	own "$RUN"
}

# One ./dev at a time changes a stack.
lock_var() {
	exec 9>"$VAR/lock"
	flock -n 9 && return
	say "another ./dev works here: waiting for it"
	flock 9
}

remove_data() { rm -rf "$VAR/database" "$VAR/secrets" "$VAR/log" "$VAR/dev.env" "$VAR/demo-made"; }

remove_var() {
	local link=${PURSER_VAR:-$ROOT/var}
	case $VAR in / | /usr | /var | /home | /root | "${HOME:-/}" | "$ROOT") die "will not remove $VAR" ;; esac
	[ -e "$VAR/lock" ] || die "$VAR does not look like a folder of ./dev"
	rm -rf "${RUN:?}" "${VAR:?}"
	if [ -L "$link" ]; then rm -f "$link"; fi
}
