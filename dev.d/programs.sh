# programs: the FastCGI programs, each on a socket of its own, watched over by multiwatch. What
# takes a program long has a pool of its own: orders-slow, of the same program.
# shellcheck shell=bash

# How many processes a pool has: the busy ones get two.
processes_of() { # POOL
	case $1 in
	orders | products | sessions-slow) echo 2 ;;
	*) echo 1 ;;
	esac
}

installed_programs() { names_of "$VAR/install/libexec/purser/"*; }

# The pools that nginx asks, of programs that are installed; and those that run or ran.
installed_pools() {
	local pool
	while read -r pool; do
		[ ! -e "$(program_file "$pool")" ] || echo "$pool"
	done < <(sed -n 's|.*server unix:/run/purser/\(.*\)\.sock;|\1|p' "$ROOT/nginx/dispatch.conf")
}
started_pools() { names_of "$RUN/"*.sock; }

names_of() { # FILE...: without folder and .sock; a pattern that matched nothing is left out
	local file
	for file; do
		[ ! -e "$file" ] || basename "$file" .sock
	done
}

program_file() { echo "$VAR/install/libexec/purser/${1%-slow}"; } # POOL
watcher_of() { cat "$RUN/$1.pid" 2>/dev/null || true; }

program_runs() { alive "$(watcher_of "$1")" multiwatch; }

# It runs, and what runs is what is installed, with the configuration that is there.
program_is_current() { # POOL
	local file child
	file=$(program_file "$1")
	program_runs "$1" || return 1
	[ "$RUN/$1.pid" -nt "$VAR/etc/purser.conf" ] || return 1
	for child in $(children_of "$(watcher_of "$1")"); do
		[ "/proc/$child/exe" -ef "$file" ] || return 1
	done
}

write_configuration() {
	local secret=$VAR/secrets/installation.key
	# shellcheck disable=SC2016 # the inner shell's $1
	[ -s "$secret" ] || run_as sh -c 'umask 077; head -c 32 /dev/urandom >"$1"' sh "$secret"
	replace "$VAR/etc/purser.conf" <<-END || return 0
		# Made by ./dev.
		database = host=$RUN port=$DB_PORT dbname=purser
		passfile_dir = $VAR/secrets
		log_file = $VAR/log/purser.log
		public_url = $URL
		cookie_name = __Host-purser-$PORT
		secret_file = $secret
		signup = open
		unlimited_networks = 127.0.0.1 ::1
	END
	note changed
}

start_programs() {
	local name old started=()
	set_program_env
	for name in $(started_pools); do
		[ -x "$(program_file "$name")" ] || stop_watching "$name"
	done
	for name in $(installed_pools); do
		! program_is_current "$name" || continue
		case $name in *-slow) ;; *) check_program "$name" ;; esac # if bad, the old ones go on
		old=$(watcher_of "$name")
		start_program "$name"
		if alive "$old" multiwatch; then kill -KILL "$old"; fi
		started+=("$name")
	done
	[ ${#started[@]} -gt 0 ] || return 0
	sleep 0.2 # what waited at the old sockets is taken before the old ones leave
	end_unwatched
	note "started ${started[*]}"
}

# Nothing of ours reaches a program but this; the last two matter to --enable-sanitizers alone.
set_program_env() {
	PROGRAM_ENV=(env -i PATH=/usr/bin:/bin PURSER_CONF="$VAR/etc/purser.conf"
		ASAN_OPTIONS="log_path=$VAR/sanitizer/report"
		UBSAN_OPTIONS="log_path=$VAR/sanitizer/report:print_stacktrace=1")
}

# Whether its tables are sound, and the database takes every statement of it.
check_program() { run_as "${PROGRAM_ENV[@]}" "$(program_file "$1")" --check; }

# The socket gets its name when somebody listens on it, so that no client finds it dead.
start_program() { # POOL
	local socket=$RUN/$1.sock count pid
	count=$(processes_of "$1")
	rm -f "$socket.new"
	(
		cd "$VAR" || exit
		# multiwatch leaves a child alone after --retry quick deaths; here it never shall.
		exec setsid "${RUN_AS[@]}" "${PROGRAM_ENV[@]}" \
			spawn-fcgi -n -s "$socket.new" -M 0660 -b 4096 -- \
			/usr/bin/multiwatch --forks="$count" --retry=1000000000 -- "$(program_file "$1")"
	) </dev/null >>"$VAR/log/multiwatch.log" 2>&1 9>&- &
	pid=$!
	wait_for_processes "$1" "$pid" "$count" "$socket.new"
	mv "$socket.new" "$socket"
	echo "$pid" >"$RUN/$1.pid"
}

wait_for_processes() { # POOL WATCHER COUNT SOCKET
	local _ child seen
	for _ in {1..100}; do
		seen=0
		for child in $(children_of "$2"); do
			if [ "/proc/$child/exe" -ef "$(program_file "$1")" ]; then seen=$((seen + 1)); fi
		done
		if [ "$seen" -ge "$3" ] && [ -S "$4" ]; then return; fi
		sleep 0.02
	done
	echo "$1 does not start; its last words are in $VAR/log/purser.log"
	return 1
}

stop_programs() {
	local name
	for name in $(started_pools); do stop_watching "$name"; done
	end_unwatched
}

# multiwatch cannot be asked to end its processes: it sends SIGUSR1 first, and -s sends a wrong
# signal. So it is killed, and its processes are ended below.
stop_watching() { # POOL
	if program_runs "$1"; then kill -KILL "$(watcher_of "$1")"; fi
	rm -f "$RUN/$1.sock" "$RUN/$1.pid"
}

# Ends our programs that nobody watches any more: they serve what they hold, which takes them
# 5 seconds at most, and leave; who is still there after 8 never will.
end_unwatched() {
	local pid told=' ' until=$(($(now) + 8000000))
	while [ -n "$(unwatched)" ]; do
		for pid in $(unwatched); do
			if [ "$(now)" -gt $until ]; then
				echo "process $pid did not end on SIGTERM: killed"
				kill -KILL "$pid" 2>/dev/null || true
			elif [[ $told != *" $pid "* ]]; then
				kill -TERM "$pid" 2>/dev/null || true
				told+="$pid "
			fi
		done
		sleep 0.05
	done
}

unwatched() {
	local pid parent
	for pid in $(our_processes); do
		parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
		alive "$parent" multiwatch || echo "$pid"
	done
}

our_processes() {
	find /proc -mindepth 2 -maxdepth 2 -name exe -lname "$VAR/install/libexec/purser/*" \
		-printf '%h\n' 2>/dev/null | sed 's|/proc/||' || true
}
