#!/bin/bash
# demo: fills the two demo businesses through the API, as their staff would. PURSER_ENV names the
# file with the logins; `./dev up` runs this once for each fresh database.
set -euo pipefail

# shellcheck source=/dev/null
. "${PURSER_ENV:?names the dev.env of the stack}"

# api METHOD PATH [JSON]: one call as whoever logged in last; prints the answer, fails on an error.
api() {
	curl --silent --show-error --fail-with-body --cacert "$PURSER_CACERT" \
		--header @<(printf 'Authorization: Bearer %s\n' "$token") \
		--header 'Content-Type: application/json' --request "$1" ${3:+--data "$3"} "$PURSER_URL/api/v1$2"
}

log_in() { # EMAIL PASSWORD: the password goes through standard input, not through arguments
	token=$(jq -n --arg email "$1" --arg password "$2" '{$email, $password}' |
		curl --silent --show-error --fail-with-body --cacert "$PURSER_CACERT" \
			--header 'Content-Type: application/json' --data @- "$PURSER_URL/api/v1/sessions" |
		jq -r .data.token)
}

# category NAME POSITION: makes it, and puts its products there until the next.
category() {
	category=$(api POST /categories "$(jq -n --arg name "$1" --argjson position "$2" '$ARGS.named')" |
		jq -r .data.id)
}

# product SKU PRICE TAX LEAD STOCK NAME: with a stock of STOCK, or untracked with "-".
product() {
	local body slug
	body=$(jq -n --arg sku "$1" --argjson unit_price "$2" --argjson tax_rate "$3" \
		--argjson lead_time_hours "$4" --arg stock "$5" --arg name "$6" --arg category_id "$category" \
		'$ARGS.named | .track_stock = (.stock != "-") | del(.stock)')
	slug=$(api POST /products "$body" | jq -r .data.slug)
	[ "$5" = - ] || api POST "/inventory/$slug/adjust" \
		"$(jq -n --argjson delta "$5" '{$delta, reason: "opening stock"}')" >/dev/null
}

# client NAME EMAIL TAG...
client() {
	local name=$1 email=$2
	shift 2
	jq -n --arg name "$name" --arg email "$email" '{$name, $email, tags: $ARGS.positional}' --args "$@" |
		api POST /clients "$(cat)" >/dev/null
}

# order CUSTOMER DAYS HOUR SKU=QUANTITY...: prints its number. CUSTOMER is a name, or a client's slug
# with "@" before it.
order() {
	local name=$1 pickup lines=() line client=null
	if [ "${name#@}" != "$name" ]; then
		client=$(api GET "/clients/${name#@}" | jq .data)
		name=$(jq -r .name <<<"$client")
	fi
	pickup=$(date --utc --date "$2 days $3:00" +%Y-%m-%dT%H:%M:%SZ)
	shift 3
	for line; do
		lines+=("$(api GET "/products?sku=${line%=*}" |
			jq --argjson quantity "${line#*=}" '{product_id: .data[0].id, $quantity}')")
	done
	printf '%s\n' "${lines[@]}" | jq -s --arg customer_name "$name" --arg pickup_date "$pickup" \
		--argjson client "$client" \
		'{$customer_name, $pickup_date, client_id: $client.id, lines: .}' | api POST /orders "$(cat)" | jq -r .data.number
}

fill_sweet_spot() {
	log_in "$PURSER_OWNER_EMAIL" "$PURSER_OWNER_PASSWORD"
	category Bread 10
	product BR-01 420 700 0 24 "Country loaf"
	product BR-02 480 700 0 16 "Rye sourdough, 1 kg"
	product BR-03 350 700 0 30 "Baguette tradition"
	product BR-04 90 700 0 120 "Poppy seed roll"
	category Pastries 20
	product PA-01 190 700 0 40 "Butter croissant"
	product PA-02 240 700 0 36 "Pain au chocolat"
	product PA-03 260 700 0 28 "Cinnamon bun"
	product PA-04 320 700 0 18 "Almond croissant"
	category Cakes 30
	product CA-01 3200 700 4 6 "Black Forest cake, 26 cm"
	product CA-02 2800 700 4 8 "Carrot cake, 24 cm"
	product CA-03 450 700 0 20 "Crème brûlée tart"
	product CA-04 4900 700 20 - "Birthday cake, made to order"
	category Drinks 40
	product DR-01 280 1900 0 - "Filter coffee"
	product DR-02 340 1900 0 - "Flat white"
	product DR-03 390 1900 0 48 "Pressed apple juice, 0.5 l"

	client Acme orders@acme.example business invoice
	client "Café Lindner" kueche@lindner.example business
	client "Hannah Vogt" hannah.vogt@example.org regular
	client "St. Mary's School" office@st-marys.example business

	local number
	log_in "$PURSER_STAFF_EMAIL" "$PURSER_STAFF_PASSWORD"
	number=$(order @hannah-vogt 1 08 BR-01=2 PA-01=6)
	api POST "/orders/$number/approve" >/dev/null
	number=$(order @cafe-lindner 1 06 BR-03=10 BR-04=40 PA-02=12)
	api POST "/orders/$number/approve" >/dev/null
	number=$(order "Jonas Weber" 2 15 CA-01=1)
	api POST "/orders/$number/reject" '{"reason": "The oven is being serviced that day"}' >/dev/null
	number=$(order "Mia Schulz" 3 11 CA-03=4 DR-03=2)
	api POST "/orders/$number/cancel" '{"reason": "The customer called"}' >/dev/null
	order @acme 3 09 BR-03=20 PA-03=12 >/dev/null
	order "Emil Braun" 2 10 CA-02=1 PA-03=4 >/dev/null
	order "Sofia Neumann" 4 14 CA-04=1 DR-01=8 >/dev/null
}

fill_iron_anvil() {
	log_in "$PURSER_OWNER2_EMAIL" "$PURSER_OWNER2_PASSWORD"
	category Tools 10
	product HM-16 1890 1900 0 40 "Claw hammer, 16 oz"
	product SC-06 2450 1900 0 25 "Screwdriver set, six pieces"
	category Fixings 20
	product NL-50 590 1900 0 200 "Nails 50 mm, 1 kg"
	product SW-40 780 1900 0 150 "Wood screws 4 x 40, 200 pieces"
	client "Bauer Carpentry" info@bauer.example business
	order @bauer-carpentry 2 07 NL-50=20 SW-40=10 >/dev/null
}

fill_sweet_spot
fill_iron_anvil
