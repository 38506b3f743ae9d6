# pages: what nginx serves beside the API: its reference at /docs.
# shellcheck shell=bash

# Only what has changed is written, so that ETags hold.
build_pages() {
	install_npm web/docs
	local to=$VAR/install/share/purser/www/docs
	mkdir -p "$to"
	install -C -m 644 web/docs/index.html web/docs/page.css web/docs/page.js \
		"$(npm_folder)/docs/node_modules/swagger-ui-dist/swagger-ui.css" \
		"$(npm_folder)/docs/node_modules/swagger-ui-dist/swagger-ui-bundle.js" "$to"
}
