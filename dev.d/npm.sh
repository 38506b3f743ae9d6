# npm: what comes from the Node world, for the reference at /docs, tests and benchmarks: installed as
# locked, once for each lock. Stacks of tests share what is installed.
# shellcheck shell=bash

npm_folder() { printf '%s\n' "${PURSER_NPM:-$VAR/npm}"; }

# provide_npm FOLDER...: a step; what a folder of the checkout has locked goes to var/npm/ under the
# folder's name.
provide_npm() {
	step npm "is the registry within reach that \`npm config get registry\` names?" install_npm "$@"
}

install_npm() {
	local folder
	for folder; do install_locked "$ROOT/$folder" "$(npm_folder)/${folder##*/}"; done
}

# What a package would run at its installation is not run.
install_locked() { # FROM TO
	! cmp -s "$1/package-lock.json" "$2/installed-lock.json" || return 0
	rm -rf "$2"
	mkdir -p "$2"
	cp "$1/package.json" "$1/package-lock.json" "$1/.npmrc" "$2"
	(cd "$2" && npm ci --ignore-scripts --no-audit --no-fund --fetch-timeout 30000 --cache "$(npm_folder)/cache")
	cp "$1/package-lock.json" "$2/installed-lock.json"
	note "${1##*/} installed"
}
