# packages: what Debian has to provide, told apart by what it is for.
# shellcheck shell=bash

packages_for() { # build, run, test, bench or format
	case $1 in
	build) echo gcc libc6-dev make autoconf automake pkg-config libfcgi-dev libpq-dev \
		libjson-c-dev libsodium-dev liboath-dev libcmocka-dev ;;
	run) echo postgresql-15 sqitch libdbd-pg-perl nginx libnginx-mod-http-lua spawn-fcgi \
		multiwatch openssl curl jq john-data cracklib-runtime "$(node_packages)" ;;
	test) echo git postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl python3 \
		python3-pytest python3-jsonschema python3-requests python3-psycopg2 python3-h2 \
		clang libclang-rt-14-dev clang-tidy cppcheck valgrind gcovr xz-utils chromium "$(packages_for format)" ;;
	format) echo clang-format shellcheck ;;
	bench) echo python3 wrk php8.2-fpm php8.2-pgsql ;;
	esac
}

# Where Node is from elsewhere it brings npm along, and conflicts with Debian's package of it.
node_packages() { command -v npm >/dev/null || echo nodejs npm; }

# missing PURPOSE...: the packages that are not installed.
missing() {
	local purpose package
	for purpose; do
		for package in $(packages_for "$purpose"); do
			case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
			installed) ;;
			*) echo "$package" ;;
			esac
		done
	done | sort -u
}

# provide PURPOSE...: a step that asks apt-get only when something is missing.
provide() {
	local packages
	mapfile -t packages < <(missing "$@")
	if [ ${#packages[@]} -gt 0 ]; then
		say "apt-get will install ${packages[*]}; that may take minutes"
		may_install || die "neither root nor sudo here: have an administrator install them"
	fi
	step packages "apt-get says why: see the log" install_packages "${packages[@]}"
}

may_install() { [ "$(id -u)" -eq 0 ] || sudo -v; }

install_packages() {
	[ $# -gt 0 ] || return 0
	if [ "$(id -u)" -eq 0 ]; then
		"$ROOT/dev.d/install-packages" "$@"
	else
		sudo "$ROOT/dev.d/install-packages" "$@"
	fi
	note "$# installed"
}
