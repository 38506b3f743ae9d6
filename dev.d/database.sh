# database: a PostgreSQL cluster of our own, its roles' passwords, and the schema.
# shellcheck shell=bash

PG_BIN=/usr/lib/postgresql/15/bin
DB_PORT=5432 # only a name here: the cluster listens on no network, only in $RUN

start_database() {
	[ -s "$VAR/database/PG_VERSION" ] || make_cluster
	postgresql_settings | replace "$VAR/etc/postgresql.conf" || true
	if database_runs; then
		note "ran already"
		return
	fi
	# After a postmaster was killed, its last children may hold the shared memory for a moment.
	local attempt
	for attempt in 1 2 3 4 5 6 7 8 9 10; do
		if start_postmaster; then return 0; fi
		echo "attempt $attempt failed"
		sleep 0.5
	done
	return 1
}

start_postmaster() {
	run_as "$PG_BIN/pg_ctl" start -w -t 60 -s -D "$VAR/database" -l "$VAR/log/postgresql.log" 9>&-
}

stop_database() {
	if database_runs; then
		run_as "$PG_BIN/pg_ctl" stop -w -t 60 -s -m fast -D "$VAR/database"
	else
		note "did not run"
	fi
}

database_runs() {
	alive "$(postmaster_pid)" postgres && "$PG_BIN/pg_isready" -q -h "$RUN" -p "$DB_PORT"
}

postmaster_pid() { head -n 1 "$VAR/database/postmaster.pid" 2>/dev/null || true; }

# The superuser is whoever the servers run as, by peer; everybody else has a password.
make_cluster() {
	local new=$VAR/database.new
	rm -rf "$new"
	mkdir -m 0700 "$new"
	own "$new"
	run_as "$PG_BIN/initdb" -D "$new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
		--data-checksums --auth-local=peer --auth-host=reject
	run_as tee "$new/pg_hba.conf" >/dev/null <<-'END'
		# Made by ./dev. Unix sockets only.
		local all postgres peer map=purser
		local all all      scram-sha-256
	END
	run_as tee "$new/pg_ident.conf" >/dev/null <<-END
		purser $RUN_USER postgres
	END
	run_as tee -a "$new/postgresql.conf" >/dev/null <<-END
		include '$VAR/etc/postgresql.conf'
	END
	rm -f "$VAR/secrets/"*.pgpass "$VAR/demo-made"
	mv "$new" "$VAR/database"
}

# Durable, and small enough for any machine.
postgresql_settings() {
	cat <<-END
		# Made by ./dev.
		cluster_name = 'purser'
		listen_addresses = ''
		port = $DB_PORT
		unix_socket_directories = '$RUN'
		password_encryption = scram-sha-256
		max_connections = 100
		shared_buffers = 128MB
		effective_cache_size = 1GB
		max_wal_size = 1GB
		wal_compression = on
		random_page_cost = 1.1        # solid-state disks
		jit = off                     # statements are short: compiling them costs more than it gives
		fsync = on
		synchronous_commit = on
		log_timezone = 'UTC'
		timezone = 'UTC'
		log_line_prefix = '%m [%p] %u '
		log_error_verbosity = terse   # details quote rows, whose values are people's
		log_parameter_max_length = 0
		log_parameter_max_length_on_error = 0
		log_min_error_statement = panic # refusals are everyday; the programs log which statement
	END
}

as_superuser() { # SQL on standard input
	run_as "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$RUN" -p "$DB_PORT" -U postgres "$@"
}

deploy_schema() {
	as_superuser -d postgres <"$ROOT/sql/bootstrap.sql"
	set_missing_passwords
	PURSER_DB=$(admin_conninfo) PATH=$PG_BIN:$PATH "$VAR/install/bin/purser" migrate
	set_missing_passwords
}

# sqitch_in DATABASE COMMAND [OPTION...]: as the schema's administrator.
sqitch_in() (
	local database=$1 command=$2
	shift 2
	cd "$ROOT/sql" || exit
	export SQITCH_FULLNAME=Purser SQITCH_EMAIL=purser@localhost
	export SQITCH_USER_CONFIG=/dev/null SQITCH_SYSTEM_CONFIG=/dev/null
	export PGHOST=$RUN PGPORT=$DB_PORT PGUSER=purser_admin PGPASSFILE=$VAR/secrets/purser_admin.pgpass
	sqitch "$command" --db-client "$PG_BIN/psql" --target "db:pg:$database" "$@"
)

# Every login role of ours gets a random password once, in a file that only its user can read.
set_missing_passwords() {
	local role
	for role in $(as_superuser -d postgres <<<"SELECT rolname FROM pg_roles
			WHERE rolcanlogin AND rolname LIKE 'purser\_%' ORDER BY 1"); do
		[ -s "$VAR/secrets/$role.pgpass" ] || set_password "$role"
	done
}

# The password travels on standard input, and never into PostgreSQL's log.
set_password() { # ROLE
	local password file=$VAR/secrets/$1.pgpass
	password=$(random_password)
	(umask 077 && echo "*:*:*:$1:$password" >"$file.new")
	own "$file.new"
	as_superuser -d postgres <<-END
		SET log_statement = none;
		SET log_min_duration_statement = -1;
		SET log_min_error_statement = panic;
		ALTER ROLE $1 PASSWORD '$password';
	END
	mv "$file.new" "$file"
}

# As a URI it is one word: dev.env can be read by a shell and line by line alike.
admin_conninfo() {
	echo "postgresql://purser_admin@${RUN//\//%2F}:$DB_PORT/purser?passfile=$VAR/secrets/purser_admin.pgpass"
}
