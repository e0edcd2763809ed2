set -e
W=$(mktemp -d); touch $W/index
cat > $W/ca.conf <<END
[ca]
default_ca = it
[it]
database = $W/index
new_certs_dir = $W
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
END
new() { openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout $2 -out $3; }
sign() { openssl ca -batch -notext -config $W/ca.conf -startdate 20200101000000Z -enddate 21200101000000Z "$@"; }
new "pycolonies test authority" $W/ca.key $W/ca.csr
sign -selfsign -keyfile $W/ca.key -in $W/ca.csr -extensions authority -out ca.pem
new localhost server.key $W/server.csr
sign -cert ca.pem -keyfile $W/ca.key -in $W/server.csr -extensions server -out server.pem
rm -r $W
