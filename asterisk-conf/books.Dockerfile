# A member of a cluster of PostgreSQL: etcd, or Patroni with the PostgreSQL that it runs, as compose.cluster.yaml starts them. Debian 12, whose
# Patroni 3.0, etcd 3.4 and PostgreSQL 15 are those that failovers are tried with. Build from the root of the checkout.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
# Same user as in the other images: it fills the volumes. PostgreSQL asks for its name.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tonebank \
    && install -d -m 700 -o tonebank -g tonebank /etc/tonebank-cluster /var/lib/tonebank-cluster \
    && install -d /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
COPY asterisk-conf/packages.list /usr/local/share/tonebank/packages.list
RUN apt-get update \
    && awk '$1 == "test" && $2 ~ /^(postgresql|patroni|python3-idna|etcd-server)$/ { print $2 }' /usr/local/share/tonebank/packages.list \
    | xargs apt-get install --yes --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY asterisk-conf/member-answers.py /usr/local/bin/member-answers
ENV LC_ALL=C.UTF-8 HOME=/tmp
USER tonebank
