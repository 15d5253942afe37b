# Debian 13 with its own Node and a clone of the checkout, nothing else: what README.md asks for before `npm start`.
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates nodejs npm
COPY . /srv/tonebank
WORKDIR /srv/tonebank
ENV NODE_EXTRA_CA_CERTS=/srv/tonebank/extra-ca.crt
