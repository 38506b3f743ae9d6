# migrations: new changes of the schema, and the list of what every role may reach.
# shellcheck shell=bash

# Adds a change to the plan and makes its three scripts.
new_migration() { # NAME NOTE
	[ $# -eq 2 ] || die "usage: ./dev migration NAME \"what it is for\""
	(
		cd "$ROOT/sql" || exit
		SQITCH_FULLNAME=$(id -un) SQITCH_EMAIL=$(id -un)@localhost \
			sqitch add "$1" --requires "$(last_change)" --note "$2"
	)
}

last_change() { awk '/^[a-z]/ { last = $1 } END { print last }' "$ROOT/sql/sqitch.plan"; }

# What is granted in the database that runs, as tests/sql/grants.sql compares it.
generate_grants() {
	if list_grants | replace "$ROOT/tests/sql/grants.psql"; then
		echo "tests/sql/grants.psql was not up to date: read what has changed"
	fi
}

list_grants() {
	echo "-- What every role may reach. Made by \`./dev generate\`: read what it changes."
	echo "COPY manifest (line) FROM STDIN;"
	"$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -f "$ROOT/tests/sql/granted.psql" \
		-c 'SELECT line FROM granted ORDER BY line COLLATE "C"' "$(admin_conninfo)"
	echo "\\."
}
