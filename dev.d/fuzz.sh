# fuzz: each parser under libFuzzer for a while, with the sanitizers.
# shellcheck shell=bash

FUZZ_SECONDS=${PURSER_FUZZ_SECONDS:-8} # each; with --full 60

stage_fuzz() {
	local names name
	[ -z "$PURSER_FULL" ] || FUZZ_SECONDS=${PURSER_FUZZ_SECONDS:-60}
	case $FUZZ_SECONDS in '' | *[!0-9]* | 0*) die "PURSER_FUZZ_SECONDS must be a number" ;; esac
	mapfile -t names < <(fuzz_targets | sed 's|.*/fuzz_||')
	build_fuzz_targets
	for name in "${names[@]}"; do
		while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
		fuzz "$name" &
	done
	wait
	for name in "${names[@]}"; do
		check "no input is too much for fuzz_$name" was_fuzzed "$name"
	done
}

# What links with -fsanitize=fuzzer gets its main() from libFuzzer, not from replay.c.
build_fuzz_targets() {
	local targets
	mapfile -t targets < <(fuzz_targets)
	configure_tree "$VAR/trees/fuzz" CC=clang --enable-sanitizers --enable-werror \
		CFLAGS='-g -O2 -fsanitize=fuzzer-no-link'
	make -C "$VAR/trees/fuzz" --no-print-directory -j"$(nproc)" \
		LDFLAGS=-fsanitize=fuzzer "${targets[@]}"
}

# fuzz NAME: begins with what is known: the corpus, what earlier runs have learnt, and what they
# have found, so that a fault is found again at once until it is mended.
fuzz() {
	local folder=$VAR/fuzz/$1 dictionary=$ROOT/tests/fuzz/dict/$1.dict status=0 options
	options=(-max_total_time="$FUZZ_SECONDS" -max_len=1024 -timeout=60)
	mkdir -p "$folder/learnt" "$folder/found"
	rm -f "$folder/status"
	[ ! -e "$dictionary" ] || options+=(-dict="$dictionary")
	"$VAR/trees/fuzz/tests/fuzz/fuzz_$1" "${options[@]}" -artifact_prefix="$folder/found/" \
		"$folder/learnt" "$folder/found" "$ROOT/tests/fuzz/corpus/$1" \
		>"$folder/log" 2>&1 </dev/null || status=$?
	echo $status >"$folder/status"
}

# Says how far it came, or all there is to know of what it found.
was_fuzzed() { # NAME
	local folder=$VAR/fuzz/$1 found
	if [ "$(cat "$folder/status")" = 0 ]; then
		grep DONE "$folder/log"
		return
	fi
	cat "$folder/log"
	found=$(sed -n 's/.*Test unit written to //p' "$folder/log" | tail -n 1)
	echo "FAILED on an input that is replayed by: $VAR/trees/fuzz/tests/fuzz/fuzz_$1 $found"
	return 1
}
