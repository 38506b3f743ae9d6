# build: the programs, compiled outside the sources, and the lists that are made from them.
# shellcheck shell=bash

build_stack() {
	generate_sources
	build_tree "$VAR/build" --prefix="$VAR/install" --sysconfdir="$VAR/etc" "${CONFIGURE_OPTIONS[@]}"
	# install -C leaves a file alone that has not changed, and so the processes that run it.
	make -C "$VAR/build" --no-print-directory install INSTALL_PROGRAM='/usr/bin/install -C'
	local name
	for name in $(installed_programs); do
		[ -e "$ROOT/handlers/$name.c" ] || rm "$(program_file "$name")"
	done
	share_counters
	generate_dispatch
	"$VAR/install/bin/purser" conf | replace "$ROOT/docs/configuration.md" || true
	list_roles "$VAR/install" | replace "$ROOT/docs/roles.md" || true
}

# What --enable-coverage counts is kept in files beside the objects. Whoever runs a program first
# would make them, and the servers' user could not write those that root has made.
share_counters() {
	local files
	mapfile -t files < <(find "$VAR/build" -name '*.gcno')
	[ ${#files[@]} -gt 0 ] || return 0
	files=("${files[@]/%.gcno/.gcda}")
	touch "${files[@]}"
	own "${files[@]}"
}

# build_tree FOLDER OPTION...: configured, then made.
build_tree() {
	configure_tree "$@"
	make -C "$1" --no-print-directory -j"$(nproc)" all
}

# configure_tree FOLDER OPTION...: once, and again with other options.
configure_tree() {
	local folder=$1
	shift
	mkdir -p "$folder"
	(
		flock 8 # the sources' generated files are shared by all builds
		[ -x "$ROOT/configure" ] || (cd "$ROOT" && autoreconf --install)
		cd "$folder" || exit
		if ! [ -e Makefile ] || ! [ "$*" = "$(cat options 2>/dev/null)" ]; then
			"$ROOT/configure" -q "$@"
			echo "$*" >options
		fi
		make --no-print-directory Makefile # runs automake and configure again where needed
	) 8<"$ROOT/configure.ac"
}

generate_sources() {
	if list_sources | replace "$ROOT/sources.am"; then
		echo "sources.am was not up to date: made anew"
	fi
}

list_sources() (
	cd "$ROOT" || exit
	echo "# Made by ./dev generate from the files there are; do not edit."
	files lib '*.[ch]' | list LIBRARY
	files handlers '*.c' | without_suffix | list HANDLERS
	files tools '*.c' | sed -n '1s/.*/purser/p' | list COMMANDS
	files tools '*.[ch]' | list TOOLS
	find sql -type f | sort | list SCHEMA
	unit_tests | list UNIT_TESTS
	fuzz_targets | list FUZZ_TARGETS
	echo
	unit_tests | linked_with TEST_LIBS
	echo
	fuzz_targets | linked_with FUZZ_LIBS
)

unit_tests() { files tests/lib 'test_*.c' | without_suffix; }
fuzz_targets() { files tests/fuzz 'fuzz_*.c' | without_suffix; }

files() { find "$1" -maxdepth 1 -name "$2" 2>/dev/null | sort; } # FOLDER PATTERN
without_suffix() { sed 's/\.c$//'; }
linked_with() { sed "s|[^A-Za-z0-9]|_|g; s|\$|_LDADD = \$($1)|"; } # VARIABLE
list() { awk -v name="$1" 'BEGIN { printf "\n%s =", name } { printf " \\\n\t%s", $0 } END { print "" }'; }

generate_dispatch() {
	[ -x "$VAR/install/bin/purser" ] || return 0
	list_dispatch "$VAR/install" >"$VAR/build/dispatch.conf"
	if replace "$ROOT/nginx/dispatch.conf" <"$VAR/build/dispatch.conf"; then
		echo "nginx/dispatch.conf was not up to date: made anew"
	fi
}

list_dispatch() { "$1/bin/purser" dispatch "$1/libexec/purser"; } # INSTALLED

list_roles() { "$1/bin/purser" roles "$1/libexec/purser"; } # INSTALLED

# Which roles may take which route, as it is checked in.
generate_audit() {
	if list_audit "$VAR/install" | replace "$ROOT/tests/security/routes.audit"; then
		echo "tests/security/routes.audit was not up to date: read what has changed"
	fi
}

list_audit() { # INSTALLED
	echo "# Who may take which route. Made by \`./dev generate\`: read what it changes."
	"$1/bin/purser" routes --audit "$1/libexec/purser"
}

# Our own C files, and our own shell scripts; ./dev brings the rooms it reads with it.
c_files() { find lib handlers tools tests bench -name '*.[ch]' 2>/dev/null | sort; }
shell_files() { grep -rlE '^#!/bin/(ba)?sh' dev dev.d .ci bench tests 2>/dev/null | sort; }

format_sources() (
	cd "$ROOT" || exit
	c_files | xargs -r clang-format -i
)
