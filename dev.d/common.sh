# common: how ./dev speaks, and how it runs a step.
# shellcheck shell=bash

say() { printf '%s\n' "${*-}"; }

die() {
	printf './dev: %s\n' "$*" >&2
	exit 1
}

now() { # microseconds
	printf '%s\n' "${EPOCHREALTIME/[.,]/}"
}

seconds() { # MICROSECONDS: "1.2"
	printf '%d.%d\n' $(($1 / 1000000)) $(($1 / 100000 % 10))
}

# step NAME ADVICE COMMAND...: runs a command, its output in a log of its own, and prints one line
# with its time. A step that fails ends ./dev and says which log to read and what to do.
step() {
	local name=$1 advice=$2 began status=0
	local log="$VAR/log/dev-$name.log"
	shift 2
	began=$(now)
	printf '%s %s ' "$name" "$(dots $((20 - ${#name})))"
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	printf '%s s%s\n' "$(seconds $(($(now) - began)))" "$(remark "$log")"
	[ $status -eq 0 ] && return
	say "$name failed. The end of $log:"
	tail -n 15 "$log" | sed 's/^/    /'
	[ -z "$advice" ] || say "What to do: $advice"
	exit 1
}

dots() { printf '%*s' "$1" '' | tr ' ' .; }

# note TEXT: in a step, adds a remark to its line.
note() { printf 'note: %s\n' "$*"; }
remark() { sed -n 's/^note: //p' "$1" | tail -n 1 | sed 's/.*/ (&)/'; }

# replace FILE: writes standard input to FILE; false when that is what it held already, and when
# there is no input, for then whoever was to write it has failed.
replace() {
	local new=$1.new
	cat >"$new"
	if [ ! -s "$new" ] || cmp -s "$new" "$1"; then
		rm -f "$new"
		return 1
	fi
	mv -f "$new" "$1"
}

# A process by id: "alive" is one that is there, is no zombie and bears the name expected.
alive() { # PID NAME
	local comm='' state=''
	[ -n "$1" ] && [ -r "/proc/$1/stat" ] || return 1
	read -r _ comm state _ 2>/dev/null <"/proc/$1/stat" || return 1
	[ "$comm" = "($2)" ] && [ "$state" != Z ]
}

# wait_gone SECONDS PID...: until all have ended; false when some have not.
wait_gone() {
	local until=$(($(now) + $1 * 1000000)) pid
	shift
	for pid; do
		while kill -0 "$pid" 2>/dev/null && ! is_zombie "$pid"; do
			[ "$(now)" -lt "$until" ] || return 1
			sleep 0.05
		done
	done
}

is_zombie() { # also true of one that is gone
	local state=Z
	read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" || true
	[ "$state" = Z ]
}

children_of() { cat "/proc/$1/task/$1/children" 2>/dev/null || true; }

random_password() { openssl rand -hex 20; } # 160 bits
