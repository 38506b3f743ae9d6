# tls: a certificate for localhost, and the authority that clients have to trust for it.
# shellcheck shell=bash

CERT_DAYS=365

make_certificate() {
	local month=$((30 * 24 * 3600))
	if openssl x509 -noout -checkend $month -in "$VAR/tls/server.crt" 2>/dev/null; then
		note "valid"
		return
	fi
	local work
	work=$(mktemp -d "$VAR/tls/new-XXXXXX")
	make_authority "$work"
	sign_server "$work"
	rm "$work/ca.key" # it has signed all it ever shall
	chmod 0600 "$work/server.key"
	own "$work/server.key"
	mv "$work/"{ca.crt,server.crt,server.key} "$VAR/tls/"
	rm -r "$work"
}

# Even if somebody had kept the key: it could vouch for this machine's own names alone.
make_authority() { # FOLDER
	cat >"$1/ca.cnf" <<-END
		[req]
		prompt = no
		distinguished_name = name
		x509_extensions = ca
		[name]
		CN = Purser local authority ($PORT)
		[ca]
		basicConstraints = critical, CA:TRUE, pathlen:0
		keyUsage = critical, keyCertSign, cRLSign
		subjectKeyIdentifier = hash
		nameConstraints = critical, permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0, permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
	END
	openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -sha256 \
		-days $CERT_DAYS -config "$1/ca.cnf" -keyout "$1/ca.key" -out "$1/ca.crt"
}

sign_server() { # FOLDER
	cat >"$1/server.cnf" <<-END
		basicConstraints = critical, CA:FALSE
		keyUsage = critical, digitalSignature
		extendedKeyUsage = serverAuth
		subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
	END
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -sha256 \
		-subj /CN=localhost -keyout "$1/server.key" -out "$1/server.csr"
	openssl x509 -req -in "$1/server.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial \
		-sha256 -days $CERT_DAYS -extfile "$1/server.cnf" -out "$1/server.crt"
}
