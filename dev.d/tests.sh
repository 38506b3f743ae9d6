# tests: the stages of ./dev test. Each is a function stage_<name> whose output goes to a log of
# its own; it says what it counted with `count`, and fails when it could not run.
# shellcheck shell=bash

STAGES=(structure format gcc clang unit sql http faults security tools readme asan static)

# What a stage tells run_stage: count PASSED FAILED, as often as it likes.
count() { echo "$1 $2" >>"$COUNTS"; }

# check NAME COMMAND...: one test by its exit status.
check() {
	local name=$1
	shift
	echo "---- $name"
	if "$@"; then count 1 0; else
		echo "FAILED: $name"
		count 0 1
	fi
}

run_tests() { # [STAGE...]
	local stage passed=0 failed=0
	for stage; do
		declare -F "stage_$stage" >/dev/null || die "there is no stage '$stage': ${STAGES[*]}"
	done
	[ $# -gt 0 ] || set -- "${STAGES[@]}"
	open_var
	mkdir -p "$VAR/tests"
	exec 7>"$VAR/tests/lock"
	flock -n 7 || die "another ./dev test runs here"
	provide build run test
	trap stop_stacks EXIT
	trap 'exit 130' INT TERM
	say "logs: $VAR/tests/STAGE.log"
	stop_stacks
	for stage; do run_stage "$stage"; done
	stop_stacks
	trap - EXIT
	say "$passed passed, $failed failed"
	[ $failed -eq 0 ]
}

# Adds to passed and failed of run_tests. A stage that broke without a failed test is one.
run_stage() { # STAGE
	local log=$VAR/tests/$1.log began status good=0 bad=0 p f
	COUNTS=$VAR/tests/$1.counts
	: >"$COUNTS"
	began=$(now)
	printf '%s %s ' "$1" "$(dots $((20 - ${#1})))"
	set +e
	(
		set -e
		cd "$ROOT"
		"stage_$1"
	) >"$log" 2>&1 </dev/null 7>&-
	status=$?
	set -e
	while read -r p f; do good=$((good + p)) bad=$((bad + f)); done <"$COUNTS"
	if [ $status -ne 0 ] && [ $bad -eq 0 ]; then bad=1; fi
	printf '%6s s  %s: %d passed, %d failed\n' "$(seconds $(($(now) - began)))" "$1" $good $bad
	if [ $bad -gt 0 ]; then show_failures "$log"; fi
	passed=$((passed + good)) failed=$((failed + bad))
}

show_failures() { # LOG
	grep -nE '^(FAILED|ERROR|FAIL|not ok)|error:|warning:' "$1" | head -n 20 | sed 's/^/    /' || true
	tail -n 12 "$1" | sed 's/^/    | /'
	say "    all of it: $1"
}

# ---- stacks of our own: the same `up` in other folders, on other ports

in_stack() { # NAME COMMAND...: runs a command with the stack's folder and port in its environment
	local name=$1 port
	shift
	case $name in
	test) port=$((PORT + 100)) ;;
	asan) port=$((PORT + 200)) ;;
	sql) port=0 ;; # PostgreSQL alone
	esac
	PURSER_VAR=$VAR/$name PURSER_PORT=$port "$@"
}

# Makes the functions of this shell, a stage's own, speak of that stack.
enter_stack() { # NAME
	VAR=$VAR/$1
	open_var
}

stack_up() { # NAME
	case $1 in
	test) in_stack test "$ROOT/dev" up ;;
	asan) PURSER_CONFIGURE=--enable-sanitizers in_stack asan "$ROOT/dev" up ;;
	esac
}

# Stopped, and without data: what is built stays for the next time.
stop_stacks() {
	local name
	for name in test asan sql; do
		[ ! -d "$VAR/$name/log" ] || in_stack "$name" "$ROOT/dev" clean data >/dev/null 7>&- || true
	done
}

# ---- how results are counted

# pytest_in STACK FOLDER...: all tests in those of the folders that have some.
pytest_in() {
	local stack=$1 folder report folders=() status=0
	shift
	for folder; do
		! compgen -G "$folder/test_*.py" >/dev/null || folders+=("$folder")
	done
	[ ${#folders[@]} -gt 0 ] || { echo "no tests yet in $*" && return 0; }
	report=$COUNTS.$stack.xml
	rm -f "$report"
	in_stack "$stack" env PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml="$report" "${folders[@]}" || status=$?
	count_junit "$report"
	return $status
}

count_junit() { # REPORT
	local tests errors failures skipped
	read -r tests errors failures skipped < <(/usr/bin/python3 - "$1" <<-'END'
		import sys, xml.etree.ElementTree as xml
		suites = list(xml.parse(sys.argv[1]).iter("testsuite"))
		print(*(sum(int(s.get(k, 0)) for s in suites) for k in ("tests", "errors", "failures", "skipped")))
	END
	)
	count $((tests - errors - failures - skipped)) $((errors + failures))
}

# make_check FOLDER: cmocka's tests, one by one, as automake's summary has them.
make_check() {
	local output status=0
	output=$(make -C "$1" --no-print-directory check 2>&1) || status=$?
	printf '%s\n' "$output"
	if [ $status -ne 0 ]; then cat "$1/test-suite.log" 2>/dev/null || true; fi
	count "$(summary PASS)" $(($(summary FAIL) + $(summary XPASS) + $(summary ERROR)))
	return $status
}

summary() { printf '%s\n' "$output" | sed -n "s/^# $1: *//p" | awk '{ n += $1 } END { print n + 0 }'; }

# ---- the stages

stage_structure() {
	check "sources.am is up to date" sources_are_listed
	build_tree "$VAR/trees/gcc" --prefix="$VAR/trees/gcc/install" --enable-werror
	make -C "$VAR/trees/gcc" --no-print-directory install
	check "nginx/dispatch.conf is up to date" dispatch_is_current
	check "tests/security/routes.audit is up to date" audit_is_current
	over_http tests/structure
}

sources_are_listed() { list_sources | diff -u sources.am -; }
audit_is_current() { list_audit "$VAR/trees/gcc/install" | diff -u tests/security/routes.audit -; }
dispatch_is_current() { list_dispatch "$VAR/trees/gcc/install" | diff -u nginx/dispatch.conf -; }

stage_format() {
	check "C code is laid out as .clang-format says" \
		xargs -a <(c_files) clang-format --dry-run -Werror
	check "shellcheck" xargs -a <(shell_files) shellcheck -xa
}

stage_gcc() {
	check "gcc without a warning" build_tree "$VAR/trees/gcc" \
		--prefix="$VAR/trees/gcc/install" --enable-werror
}

stage_clang() {
	check "clang without a warning" build_tree "$VAR/trees/clang" CC=clang --enable-werror
}

stage_unit() {
	build_tree "$VAR/trees/gcc" --prefix="$VAR/trees/gcc/install" --enable-werror
	make_check "$VAR/trees/gcc"
}

# In a cluster of its own, for roles belong to all databases of a cluster: going back drops them.
stage_sql() {
	enter_stack sql
	start_database
	as_superuser -d postgres <sql/bootstrap.sql
	set_missing_passwords
	check "all changes deploy, and verify" sqitch_in purser deploy --verify
	check "all changes revert" sqitch_in purser revert -y
	check "all changes deploy after that" sqitch_in purser deploy --verify
	[ ! -d tests/sql ] || prove
}

# As the superuser, whose process may not be able to enter the checkout: so from a copy.
prove() {
	local output status=0
	as_superuser -d purser <<<'CREATE SCHEMA tap; CREATE EXTENSION pgtap SCHEMA tap'
	rm -rf "$VAR/tap"
	cp -r tests/sql "$VAR/tap"
	output=$(run_as env PGHOST="$RUN" PGPORT="$DB_PORT" PGUSER=postgres PGDATABASE=purser \
		pg_prove --verbose --psql-bin "$PG_BIN/psql" "$VAR/tap/"*.sql 2>&1) || status=$?
	printf '%s\n' "$output"
	# A file that broke off without a failed test counts as one.
	count "$(grep -c '^ok ' <<<"$output")" "$(grep -cE '^not ok |\(Wstat: .*Failed: 0\)' <<<"$output")"
	return $status
}

stage_http() { over_http tests/handlers tests/e2e; }
stage_faults() { over_http tests/faults; }
stage_security() { over_http tests/security; }
stage_tools() { over_http tests/tools; }
stage_readme() { over_http tests/readme tests/recipe; }

over_http() { # FOLDER...
	stack_up test
	pytest_in test "$@"
}

# The unit and HTTP tests once more; whatever a sanitizer reports is a failure.
stage_asan() {
	local status=0
	rm -f "$VAR/asan/sanitizer/report."*
	stack_up asan
	make_check "$VAR/asan/build" || status=1
	pytest_in asan tests/handlers tests/e2e || status=1
	PURSER_CONFIGURE=--enable-sanitizers in_stack asan "$ROOT/dev" down
	check "no sanitizer has anything to report" no_reports
	return $status
}

no_reports() {
	local report status=0
	for report in "$VAR/asan/sanitizer/report."*; do
		[ -e "$report" ] || continue
		cat "$report"
		status=1
	done
	return $status
}

stage_static() {
	check "cppcheck" cppcheck_all
	check "gcc -fanalyzer" build_tree "$VAR/trees/analyzer" --enable-werror \
		CFLAGS='-g -O1 -fanalyzer'
	check "clang-tidy" tidy
}

# cppcheck 2.10 stumbles over __VA_OPT__, so it gets to read log.h in other words first.
cppcheck_all() {
	local log_h=$VAR/trees/log.h
	sed 's/{ __VA_ARGS__ __VA_OPT__(, ){ 0 } }/{ { 0 }, ##__VA_ARGS__ }/' lib/log.h >"$log_h"
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 -j "$(nproc)" \
		-D__GNUC__ --include="$log_h" -I lib lib handlers tools
}

tidy() {
	local folder=$VAR/trees/tidy
	mkdir -p "$folder"
	{
		printf '%s\n' -std=gnu11 "-I$ROOT/lib" '-DPUR_VERSION="0"' '-DPUR_SYSCONFDIR="/etc"' \
			'-DPUR_LIBEXECDIR="/usr/libexec"' '-DPUR_DATADIR="/usr/share"'
		pkg-config --cflags json-c libpq | xargs -n 1
	} >"$folder/compile_flags.txt"
	find lib handlers tools -name '*.c' | sort |
		xargs -r -n 1 -P "$(nproc)" clang-tidy --quiet -p "$folder"
}
