"""
What a member that may lead lacks and another that follows has: the primary that is gone sent it to the one and not yet to the other, so
nobody was answered of it. If it were left, the other would have gone another way than the new primary, and would have to be rewound, for some
eight seconds, before it confirms anything. So it is fetched from there first, as by any standby that follows a standby.

`may-lead.py` runs it when the member may lead, before that is written down and PostgreSQL is promoted. Whatever fails here, the member leads
without it.
"""
import os
import signal
import sys
import threading
import time

import psycopg2
from psycopg2.extensions import make_dsn
from psycopg2.extras import LogicalReplicationConnection

# Of other members: one that is cut off does not hold up the one that leads.
ASK_SECONDS = 0.5
FETCH_SECONDS = 1.5


def catch_up(config, others):
    """`others`: (host, port) of their PostgreSQL. Returns how many bytes it lacked and has now."""
    found = answers(config, others)
    if not found:
        return 0
    postgresql = config["postgresql"]
    own = connect(
        config,
        host=postgresql["parameters"]["unix_socket_directories"],
        port=postgresql["listen"].rsplit(":", 1)[1],
    )
    timeline, before = standing(own)
    # One on another timeline has gone another way already.
    ahead = [(reached, place) for of, reached, place in found if of == timeline and reached > before]
    if not ahead:
        return 0
    furthest, place = max(ahead)
    # Patroni ends this by a signal when it leads no more: what is set here is taken back first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    passwords = os.path.join(os.path.dirname(postgresql["pgpass"]), "pgpass-catching-up")
    try:
        follow(own, config, place, passwords)
        reached, until = before, time.monotonic() + FETCH_SECONDS
        while reached < furthest and time.monotonic() < until:
            time.sleep(0.02)
            reached = standing(own)[1]
        return reached - before
    finally:
        # Patroni's own settings stand in another file, which this one goes before.
        tell(own, "ALTER SYSTEM RESET primary_conninfo")
        os.unlink(passwords)


def answers(config, others):
    """Timeline, bytes and place of those that answer in time and follow."""
    found = []

    def ask(host, port):
        try:
            connection = connect(config, host=host, port=port)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                if cursor.fetchone()[0]:
                    found.append((*standing(connection), (host, port)))
        except psycopg2.Error:
            pass

    asking = [threading.Thread(target=ask, args=each, daemon=True) for each in others]
    until = time.monotonic() + ASK_SECONDS
    for each in asking:
        each.start()
    for each in asking:
        each.join(max(0, until - time.monotonic()))
    return list(found)


def standing(connection):
    """Its timeline, and up to where it has all bytes on its disk."""
    with connection.cursor() as cursor:
        cursor.execute("IDENTIFY_SYSTEM")
        _, timeline, at, _ = cursor.fetchone()
        high, low = at.split("/")
        return int(timeline), (int(high, 16) << 32) + int(low, 16)


def follow(own, config, place, passwords):
    """The password is in a file of the member's own: PostgreSQL logs what it is told to follow by."""
    who = config["postgresql"]["authentication"]["replication"]
    host, port = place
    descriptor = os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf8") as file:
        file.write(f"*:*:*:*:{who['password']}\n")
    told = make_dsn(
        host=host,
        port=port,
        user=who["username"],
        passfile=passwords,
        sslmode=who["sslmode"],
        sslrootcert=who["sslrootcert"],
        application_name="catching-up",
    )
    with own.cursor() as cursor:
        # It takes no parameters.
        quoted = cursor.mogrify("%s", (told,)).decode("utf8")
    tell(own, f"ALTER SYSTEM SET primary_conninfo = {quoted}")


def tell(own, setting):
    with own.cursor() as cursor:
        cursor.execute(setting)
        cursor.execute("SELECT pg_reload_conf()")


def connect(config, host, port):
    """Which answers SQL and says how far it is: only the protocol of replication tells a standby's timeline."""
    who = config["postgresql"]["authentication"]["superuser"]
    return psycopg2.connect(
        connection_factory=LogicalReplicationConnection,
        host=host,
        port=port,
        dbname="postgres",
        user=who["username"],
        password=who["password"],
        sslmode="prefer" if host.startswith("/") else who["sslmode"],
        sslrootcert=who["sslrootcert"],
        connect_timeout=2,
        options="-c statement_timeout=2s",
    )
