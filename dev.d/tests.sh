# tests: the stages of ./dev test. Each is a function stage_<name> whose output goes to a log of
# its own; it says what it counted with `count`, what else its line shall tell with `tell`, and
# fails when it could not run. The stages that need more than a few lines are in checks.sh.
# shellcheck shell=bash

# In this order; how many seconds each may take on two cores, as ever and with --full. What takes
# longer is told and no failure, since the machine may be slow or busy; what takes OVERDUE times as
# long hangs, and is killed. All of them may take TOTAL, but with --full.
BUDGETS='
structure     90    90
format        20    20
gcc           60    60
clang         60    60
unit          60    60
valgrind     120   120
fuzz         120  1200
sql           30    30
http         200   300
openapi       30    30
client        60    60
browser       60    60
faults       150  1200
security     240   400
tools        160   160
readme       120   120
asan         360   600
coverage     300   360
dist         150   150
static       240   240
'
OVERDUE=10
TOTAL=1800
mapfile -t STAGES < <(awk 'NF { print $1 }' <<<"$BUDGETS")

budget() { # STAGE
	awk -v stage="$1" -v full="$PURSER_FULL" '$1 == stage { print full ? $3 : $2 }' <<<"$BUDGETS"
}

# What a stage tells run_stage: count PASSED FAILED, as often as it likes.
count() { echo "$1 $2" >>"$COUNTS"; }

# tell TEXT: adds a remark to the stage's line.
tell() { printf 'stage: %s\n' "$*"; }

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

# Its last line is "N passed, N failed", whatever becomes of it.
run_tests() { # [--full] [STAGE...]
	local stage
	passed=0 failed=0 completed=no own_stacks=no stage_pid='' alarm='' late=() run_began=$(now)
	export PURSER_FULL='' # tests/support/sizes.py reads it
	trap finish EXIT
	trap 'exit 130' INT TERM
	if [ "${1:-}" = --full ]; then
		PURSER_FULL=1
		shift
	fi
	for stage; do
		[ -n "$(budget "$stage")" ] || die "there is no stage '$stage': ${STAGES[*]}"
	done
	[ $# -gt 0 ] || set -- "${STAGES[@]}"
	open_var
	mkdir -p "$VAR/tests"
	exec 7>"$VAR/tests/lock"
	flock -n 7 || die "another ./dev test runs here"
	provide build run test
	provide_npm tests/corpora tests/web web/client
	say "logs: $VAR/tests/STAGE.log"
	own_stacks=yes
	stop_stacks
	for stage; do run_stage "$stage"; done
	completed=yes
	exit
}

# A run that did not get to its end is a failure too.
finish() {
	local took
	took=$(($(now) - run_began))
	trap - EXIT INT TERM
	if [ -n "$stage_pid" ]; then
		say "broken off"
		end_group "$stage_pid"
		kill "$alarm" 2>/dev/null || true
	fi
	[ "$own_stacks" = no ] || stop_stacks
	[ ${#late[@]} -eq 0 ] || say "over their budgets: ${late[*]}"
	if [ -z "$PURSER_FULL" ] && [ $took -gt $((TOTAL * 1000000)) ]; then
		say "all of it took $(seconds $took) s; its budget is $TOTAL s"
	fi
	[ "$completed" = yes ] || failed=$((failed + 1))
	say "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] || exit 1
	exit 0
}

# Adds to passed and failed of run_tests. A stage that broke without a failed test is one.
run_stage() { # STAGE
	local log=$VAR/tests/$1.log began status good=0 bad=0 p f
	COUNTS=$VAR/tests/$1.counts
	: >"$COUNTS"
	began=$(now)
	printf '%s %s ' "$1" "$(dots $((20 - ${#1})))"
	set -m # a process group of its own: one can end all of it
	(
		set -e
		cd "$ROOT"
		"stage_$1"
	) >"$log" 2>&1 </dev/null 7>&- &
	stage_pid=$!
	set +m
	status=0
	wait_for_stage "$1" || status=$?
	stage_pid=''
	while read -r p f; do good=$((good + p)) bad=$((bad + f)); done <"$COUNTS"
	if [ $status -ne 0 ] && [ $bad -eq 0 ]; then bad=1; fi
	judge_time "$1" $((($(now) - began) / 1000000))
	printf '%6s s  %s: %d passed, %d failed%s\n' "$(seconds $(($(now) - began)))" "$1" $good $bad \
		"$(sed -n 's/^stage: /; /p' "$log" | tr -d '\n')"
	if [ $bad -gt 0 ]; then show_failures "$log"; fi
	passed=$((passed + good)) failed=$((failed + bad))
}

# Returns the stage's exit status. One that hangs is ended, with all that it has started.
wait_for_stage() { # STAGE
	local cap=$(($(budget "$1") * OVERDUE)) ended status=0
	sleep $cap >/dev/null 2>&1 7>&- &
	alarm=$!
	wait -n -p ended "$stage_pid" "$alarm" || status=$?
	if [ "$ended" = "$stage_pid" ]; then
		kill "$alarm"
		wait "$alarm" 2>/dev/null || true
		return $status
	fi
	end_group "$stage_pid"
	printf '\nFAILED: %s was killed after %d s, %d times its budget\n' "$1" $cap $OVERDUE >>"$log"
	count 0 1
	stop_stacks
	return 1
}

# Gently, so that a tool can tidy up, and then not.
end_group() { # PID
	kill -TERM -- "-$1" 2>/dev/null || return 0
	wait_gone 5 "$1" || true
	kill -KILL -- "-$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

judge_time() { # STAGE SECONDS
	local budget
	budget=$(budget "$1")
	[ "$2" -gt "$budget" ] || return 0
	echo "stage: over its budget of $budget s" >>"$log"
	late+=("$1 ($2 s of $budget)")
}

show_failures() { # LOG
	grep -nE '^(FAILED|ERROR|FAIL|not ok)|error:|warning:' "$1" | head -n 20 | sed 's/^/    /' || true
	tail -n 12 "$1" | sed 's/^/    | /'
	say "    all of it: $1"
}

# ---- stacks of our own: the same `up` in other folders, on other ports, built in other ways

STACKS=(test asan cover sql)

in_stack() { # NAME COMMAND...: runs a command with the stack's settings in its environment
	local name=$1 port=0 options='' # sql is PostgreSQL alone
	shift
	case $name in
	test) port=$((PORT + 100)) ;;
	asan) port=$((PORT + 200)) options=--enable-sanitizers ;;
	cover) port=$((PORT + 300)) options='--enable-coverage CFLAGS=-O0' ;;
	esac
	PURSER_VAR=$VAR/$name PURSER_PORT=$port PURSER_CONFIGURE=$options \
		PURSER_NPM=$(npm_folder) "$@"
}

# Makes the functions of this shell, a stage's own, speak of that stack.
enter_stack() { # NAME
	VAR=$VAR/$1
	open_var
}

stack_up() { in_stack "$1" "$ROOT/dev" up; } # NAME

# Stopped, and without data: what is built stays for the next time.
stop_stacks() {
	local name
	for name in "${STACKS[@]}"; do
		[ ! -d "$VAR/$name/log" ] || in_stack "$name" "$ROOT/dev" clean data >/dev/null 7>&- || true
	done
}

# ---- how results are counted: a test that was skipped has not passed, so it counts as failed

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
	in_stack "$stack" env PYTHONDONTWRITEBYTECODE=1 PURSER_NPM="$(npm_folder)" \
		/usr/bin/python3 -m pytest -q -rs -p no:cacheprovider --junitxml="$report" "${folders[@]}" || status=$?
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
	count $((tests - errors - failures - skipped)) $((errors + failures + skipped))
}

# make_check FOLDER [OPTION...]: cmocka's tests, one by one, as automake's summary has them.
make_check() {
	local folder=$1 output status=0
	shift
	rm -f "$folder/test-suite.log" # not an older one's, where the tests do not build
	output=$(make -C "$folder" --no-print-directory "$@" check 2>&1) || status=$?
	printf '%s\n' "$output"
	if [ $status -ne 0 ]; then cat "$folder/test-suite.log" 2>/dev/null || true; fi
	count "$(summary PASS)" \
		$(($(summary FAIL) + $(summary XPASS) + $(summary ERROR) + $(summary SKIP)))
	return $status
}

summary() { printf '%s\n' "$output" | sed -n "s/^# $1: *//p" | awk '{ n += $1 } END { print n + 0 }'; }

# ---- the stages

stage_structure() {
	check "sources.am is up to date" sources_are_listed
	build_tree "$VAR/trees/gcc" --prefix="$VAR/trees/gcc/install" --enable-werror
	make -C "$VAR/trees/gcc" --no-print-directory install
	check "nginx/dispatch.conf is up to date" dispatch_is_current
	check "docs/configuration.md is up to date" configuration_is_current
	check "docs/roles.md is up to date" roles_are_current
	check "tests/security/routes.audit is up to date" audit_is_current
	over_http tests/structure
}

sources_are_listed() { list_sources | diff -u sources.am -; }
configuration_is_current() {
	"$VAR/trees/gcc/install/bin/purser" conf | diff -u docs/configuration.md -
}
roles_are_current() { list_roles "$VAR/trees/gcc/install" | diff -u docs/roles.md -; }
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
	count "$(grep '^ok ' <<<"$output" | grep -vic '# skip')" \
		"$(grep -ciE '^not ok |^ok .*# SKIP|\(Wstat: .*Failed: 0\)' <<<"$output")"
	return $status
}

stage_http() { over_http tests/handlers tests/e2e; }
stage_client() { over_http tests/client; }
stage_browser() { over_http tests/browser; }
stage_faults() { over_http tests/faults; }
stage_security() { over_http tests/security; }
stage_tools() { over_http tests/tools; }
stage_readme() { over_http tests/readme tests/recipe; }

# The documents that the build makes, by the linter's recommended rules: no error and no warning.
stage_openapi() {
	local name
	build_tree "$VAR/trees/gcc" --prefix="$VAR/trees/gcc/install" --enable-werror
	for name in openapi.json openapi.v2.json; do
		check "redocly lint $name" lint_document "$VAR/trees/gcc/$name"
	done
	sed 's/"summary"/"sumary"/' "$VAR/trees/gcc/openapi.json" >"$VAR/tests/wrong.json"
	check "the linter finds what is wrong" finds_fault "$VAR/tests/wrong.json"
}

lint_document() { # FILE
	local report
	report=$(REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		"$(npm_folder)/web/node_modules/.bin/redocly" lint --extends=recommended --format=json "$1") || true
	jq '.problems[] | .severity, .ruleId, .message' <<<"$report"
	jq -e '.totals == {"errors": 0, "warnings": 0, "ignored": 0}' <<<"$report"
}

finds_fault() { ! lint_document "$@"; } # FILE

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
	in_stack asan "$ROOT/dev" down
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
	mkdir -p "$VAR/trees"
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
