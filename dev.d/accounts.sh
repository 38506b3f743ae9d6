# accounts: the two demo businesses, their people, and dev.env with the passwords of the day.
# shellcheck shell=bash

# Who there is in the demo: variable, tenant, role, address, name.
DEMO_PEOPLE='
OWNER      sweet-spot owner      owner@sweet-spot.example      Olivia Brandt
ADMIN      sweet-spot admin      admin@sweet-spot.example      Anton Keller
MANAGER    sweet-spot manager    manager@sweet-spot.example    Marie Vogel
STAFF      sweet-spot staff      staff@sweet-spot.example      Stefan Roth
ACCOUNTANT sweet-spot accountant accountant@sweet-spot.example Alma Winter
VIEWER     sweet-spot viewer     viewer@sweet-spot.example     Viktor Lang
OWNER2     iron-anvil owner      owner@iron-anvil.example      Ines Schmidt
'

make_accounts() {
	export PURSER_DB
	PURSER_DB=$(admin_conninfo)
	make_tenant sweet-spot "Sweet Spot"
	make_tenant iron-anvil "Iron Anvil"
	write_dev_env
	make_demo
}

purser() { "$VAR/install/bin/purser" "$@"; }

make_tenant() { # SLUG NAME
	local found
	found=$("$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -v slug="$1" "$PURSER_DB" \
		<<<"SELECT 1 FROM tenant_slugs WHERE slug = :'slug'")
	[ -z "$found" ] || return 0
	purser tenant create "$1" --name "$2" --currency EUR --time-zone Europe/Berlin
}

# New passwords for everybody, on every run.
write_dev_env() {
	local file=$VAR/dev.env variable tenant role email name password
	rm -f "$file.new"
	(umask 077 && : >"$file.new")
	{
		echo "PURSER_URL=$URL"
		echo "PURSER_CACERT=$VAR/tls/ca.crt"
		echo "PURSER_TENANT=sweet-spot"
		echo "PURSER_TENANT2=iron-anvil"
		echo "PURSER_DB=$PURSER_DB"
		while read -r variable tenant role email name; do
			[ -n "$variable" ] || continue
			password=$(random_password)
			purser user create --tenant "$tenant" --email "$email" --name "$name" --role "$role" \
				<<<"$password" >&2
			echo "PURSER_${variable}_EMAIL=$email"
			echo "PURSER_${variable}_PASSWORD=$password"
		done <<<"$DEMO_PEOPLE"
	} >>"$file.new"
	mv "$file.new" "$file"
}

# Once for each fresh database.
make_demo() {
	[ -x "$ROOT/dev.d/demo.sh" ] || return 0
	[ ! -e "$VAR/demo-made" ] || return 0
	(cd "$ROOT" && PURSER_ENV=$VAR/dev.env PATH=$VAR/install/bin:$PATH dev.d/demo.sh)
	touch "$VAR/demo-made"
	note "demo data made"
}

wait_until_ready() {
	local _
	for _ in {1..100}; do
		if curl --silent --show-error --fail --output /dev/null --max-time 5 \
			--cacert "$VAR/tls/ca.crt" "$URL/readyz"; then return; fi
		sleep 0.1
	done
	return 1
}
