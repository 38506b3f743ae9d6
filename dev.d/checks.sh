# checks: the stages that look at the C code in other ways: memory, coverage, the tarball, analysis.
# shellcheck shell=bash

# The unit tests, each under memcheck: a bad access, a value never set or a leak fails its program.
# There are no suppressions: neither we nor the libraries need any.
stage_valgrind() {
	build_tree "$VAR/trees/gcc" --prefix="$VAR/trees/gcc/install" --enable-werror
	make_check "$VAR/trees/gcc" -j"$(nproc)" LOG_COMPILER=valgrind LOG_FLAGS="--quiet \
		--error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
		--errors-for-leak-kinds=definite,indirect --track-origins=yes --num-callers=20"
}

# How many of the lines of lib/ the unit and HTTP tests run. The goal is the floor, too.
COVERAGE_FLOOR=95 # per cent

stage_coverage() {
	local status=0
	find "$VAR/cover" -name "*.gcda" -delete 2>/dev/null || true
	stack_up cover
	make_check "$VAR/cover/build" || status=1
	pytest_in cover tests/handlers tests/e2e || status=1
	in_stack cover "$ROOT/dev" down # a program writes its counters when it ends
	check "at least $COVERAGE_FLOOR % of the lines of lib/ are run" coverage_of_lib
	return $status
}

coverage_of_lib() {
	local report status=0
	report=$(gcovr --root "$ROOT" --filter "$ROOT/lib/" --fail-under-line $COVERAGE_FLOOR \
		"$VAR/cover/build") || status=$?
	printf '%s\n' "$report"
	tell "$(awk '$1 == "TOTAL" { printf "%.1f %% of the lines of lib/ are run", 100 * $3 / $2 }' <<<"$report")"
	return $status
}

# What `make dist` packs: every file of the repository; and whoever has it alone, without git or
# autotools, can build it outside of its folder, check it, install it and remove it again.
stage_dist() {
	local folder=$VAR/trees/dist
	build_tree "$folder" --enable-werror
	rm -f "$folder/"purser-*.tar.xz
	check "make distcheck" make -C "$folder" --no-print-directory -j"$(nproc)" distcheck
	chmod -R u+w "$folder" # what a failed one leaves there is read-only
	check "the tarball has every file, and nothing that was built" tarball_is_whole "$folder"
}

tarball_is_whole() { # FOLDER
	diff -u --label repository <(git ls-files --cached --others --exclude-standard |
		grep -vxE '\.git(ignore|attributes)' | sort) \
		--label tarball <(tar -tf "$1/"purser-*.tar.xz | grep -v '/$' | sed 's|^[^/]*/||' |
			grep -vxE "$AUTOTOOLS_MAKE" | sort)
}
AUTOTOOLS_MAKE='configure|aclocal\.m4|Makefile\.in|build-aux/.*'
