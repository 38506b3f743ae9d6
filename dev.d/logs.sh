# logs: what runs, and what it says.
# shellcheck shell=bash

show_status() {
	local name ok=0
	line database "$(database_runs && postmaster_pid)" || ok=1
	for name in $(installed_pools); do
		line "$name" "$(program_runs "$name" && children_of "$(watcher_of "$name")")" || ok=1
	done
	line nginx "$(nginx_runs && nginx_pid)" || ok=1
	say "address    $URL"
	say "folder     $VAR"
	return $ok
}

line() { # NAME PROCESSES
	if [ -n "$2" ]; then
		printf '%-15s runs: %s\n' "$1" "${2//$'\n'/ }"
	else
		printf '%-15s does not run\n' "$1"
		return 1
	fi
}

# One stream: nginx's lines and the programs' own, told apart by "program".
follow_logs() { # [PROGRAM or REQUEST ID]
	local log=$VAR/log/purser.log
	case ${1:-} in
	'') exec tail -n 50 -F "$log" ;;
	postgresql) exec tail -n 50 -F "$VAR/log/postgresql.log" ;;
	esac
	if [ "$1" = nginx ] || [ -e "$(program_file "$1")" ]; then
		follow "$log" 1000 "\"program\":\"$1\""
	else
		follow "$log" +1 "\"request\":\"$1\""
	fi
}

# follow LOG LINES TEXT: the lines with the text; tail ends with us.
follow() {
	exec grep --line-buffered -F "$3" < <(exec tail -n "$2" -F --pid=$$ "$1")
}
