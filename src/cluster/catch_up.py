"""
What a member that is about to lead lacks and another that follows has: the primary that is gone sent it to the one and not yet to the other, so
nobody was answered of it. If it were left, the other would have gone another way than the new primary, and would have to be rewound, for some
eight seconds, before it confirms anything. So it is fetched from there first, as by any standby that follows a standby.

`may-lead.py` runs it when the member may lead and its PostgreSQL is not promoted yet. Whatever fails here, the member leads without it.
"""
import os
import threading
import time

import psycopg2
from psycopg2.extensions import make_dsn

# Of other members: one that is cut off does not hold up the one that leads.
ASK_SECONDS = 0.5
FETCH_SECONDS = 1.5
RECEIVED = "SELECT pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')"


def catch_up(config, others):
    """`others`: (host, port) of their PostgreSQL. Returns how many bytes it lacked and has now."""
    furthest, place = max(answers(config, others), default=(0, None))
    if place is None:
        return 0
    postgresql = config["postgresql"]
    own = connect(
        config,
        "superuser",
        host=postgresql["parameters"]["unix_socket_directories"],
        port=postgresql["listen"].rsplit(":", 1)[1],
    )
    before = received(own)
    if furthest <= before:
        return 0
    passwords = os.path.join(os.path.dirname(postgresql["pgpass"]), "pgpass-catching-up")
    try:
        follow(own, config, place, passwords)
        until = time.monotonic() + FETCH_SECONDS
        while received(own) < furthest and time.monotonic() < until:
            time.sleep(0.02)
        return received(own) - before
    finally:
        # Patroni's own settings stand in another file, which this one goes before.
        tell(own, "ALTER SYSTEM RESET primary_conninfo")
        os.unlink(passwords)


def answers(config, others):
    """How far those have come that answer in time and follow."""
    found = []

    def ask(host, port):
        try:
            connection = connect(config, "superuser", host=host, port=port)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery()")
                if cursor.fetchone()[0]:
                    found.append((received(connection), (host, port)))
        except psycopg2.Error:
            pass

    asking = [threading.Thread(target=ask, args=each, daemon=True) for each in others]
    until = time.monotonic() + ASK_SECONDS
    for each in asking:
        each.start()
    for each in asking:
        each.join(max(0, until - time.monotonic()))
    return list(found)


def follow(own, config, place, passwords):
    """The password is in a file of the member's own: PostgreSQL logs what it is told to follow by."""
    who = dict(config["postgresql"]["authentication"]["replication"])
    host, port = place
    descriptor = os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf8") as file:
        file.write(f"*:*:*:*:{who.pop('password')}\n")
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


def received(connection):
    with connection.cursor() as cursor:
        cursor.execute(RECEIVED)
        return int(cursor.fetchone()[0] or 0)


def connect(config, role, **where):
    who = config["postgresql"]["authentication"][role]
    connection = psycopg2.connect(
        dbname="postgres",
        user=who["username"],
        password=who["password"],
        sslmode="prefer" if where["host"].startswith("/") else who["sslmode"],
        sslrootcert=who["sslrootcert"],
        connect_timeout=2,
        options="-c statement_timeout=2s",
        **where,
    )
    connection.autocommit = True
    return connection
