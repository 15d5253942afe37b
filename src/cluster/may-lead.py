"""
Whether a member may become primary: Patroni's `pre_promote` (3.0), which runs when the leader's key is the member's and PostgreSQL is not
promoted yet. At another status than 0 Patroni lets go of the key, and waits for `ttl` before it tries again.

Patroni 3.0.2 acquires a key that is absent also where it was about to renew its own (`_do_update_leader` in dcs/etcd.py), without looking who
has what was committed; then it writes itself into `/sync`, and promotes. So `/led` names who was allowed to lead last, and what counts is what
that one wrote into `/sync` last: it has all that was committed, and so has who confirmed it. Nobody else leads; for another that has written
itself there `/sync` becomes what it was, so that those can. Where that is not known for certain nobody may, and nothing is changed: a person
chooses (docs/operating.md).

In Python, as Patroni is, whose machines have it. Arguments: Patroni's file, and what is to be done:

- nothing more: `pre_promote`;
- `made COMMAND ...`: Patroni's `post_bootstrap`. The member has made the cluster and leads it; the command is run when that is written;
- `choose NAME`: a person's word that this member has what was committed, whatever `/led` and `/sync` say.
"""
import functools
import http.client
import json
import os
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

import yaml

SECONDS = 2
NOT_FOUND = 404
# Of etcd's interface of version 2: the event is older than the thousand that it keeps.
EVENT_GONE = 401
# In `/led`.
NOBODY_KNOWS = ""


class Etcd:
    """One member of etcd. Raises OSError when it does not answer, or has no quorum."""

    def __init__(self, host, config):
        context = ssl.create_default_context(cafile=config["cacert"])
        context.load_cert_chain(config["cert"], config["key"])
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        self.opener = urllib.request.build_opener(*handlers)
        self.keys = f"https://{host}/v2/keys"

    def read(self, key):
        """Its node, by a quorum. None: there is none."""
        return self._ask(f"{key}?quorum=true").get("node")

    def change(self, key, index):
        """What happened to it at that index. None: etcd does not know any more. What `read` came by is known to this member of etcd."""
        event = self._ask(f"{key}?wait=true&waitIndex={index}")
        return event if event.get("node", {}).get("modifiedIndex") == index else None

    def children(self, key):
        """The nodes below it."""
        return self._ask(f"{key}?recursive=true").get("node", {}).get("nodes", [])

    def write(self, key, value, **condition):
        """Whether the condition held, and it happened."""
        data = urllib.parse.urlencode({"value": value, **condition}).encode()
        return "node" in self._ask(key, data)

    def _ask(self, path, data=None):
        request = urllib.request.Request(self.keys + path, data, method="PUT" if data else "GET")
        try:
            with self.opener.open(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
            if error.code in (NOT_FOUND, 412) or said.get("errorCode") == EVENT_GONE:
                return {}
            raise OSError(f"etcd says {said}") from error


def named(node):
    """Who led, and who confirmed, by a value of `/sync`."""
    value = json.loads(node["value"])
    return value.get("leader"), [each.strip() for each in (value.get("sync_standby") or "").split(",") if each.strip()]


def alone(name):
    """What Patroni writes into `/sync` for who leads before anybody confirms."""
    return json.dumps({"leader": name, "sync_standby": None}, separators=(",", ":"))


def last_word(etcd, key, own, led):
    """
    The value of `/sync` that says who may follow the one that led last, from before the asker's own. None: another has led since without having
    been allowed, or etcd does not know any more.

    Who was allowed to lead had all that was committed by then, so what stood there before that counts no more. Whoever asks writes itself there
    with nobody who confirms; only a primary names one. So where another has done so since, it led.
    """
    word, node = None, own
    while True:
        change = etcd.change(key, node["modifiedIndex"])
        node = change and change.get("prevNode")
        if node is None:
            return word
        leader, standbys = named(node)
        if leader == led["value"]:
            word = word or node["value"]
            if standbys:
                return word
        if node["modifiedIndex"] < led["modifiedIndex"]:
            return word or alone(led["value"])
        if leader != led["value"] and standbys:
            return None


def may_lead(config, etcd, scope, name):
    """Whether, and why."""
    sync, led = f"/service/{scope}/sync", f"/service/{scope}/led"
    now, last = etcd.read(sync), etcd.read(led)
    if last is None or last["value"] == NOBODY_KNOWS:
        return False, "nobody knows who led last; a person chooses"
    if now is None or named(now) != (name, []):
        return False, "/sync is not as Patroni writes it before it promotes"
    word = last_word(etcd, sync, now, last)
    if word is None:
        # So that what this asker has written there is not taken for its word when it asks again.
        etcd.write(led, NOBODY_KNOWS, prevIndex=last["modifiedIndex"])
        return False, f"{last['value']} was allowed to lead last, and nobody knows who led after it; a person chooses"
    leader, standbys = named({"value": word})
    if name != leader and name not in standbys:
        etcd.write(sync, word, prevIndex=now["modifiedIndex"])
        return False, f"{leader} led last, and {', '.join(standbys) or 'nobody'} confirmed"
    fetch(config, etcd, scope, name)
    if not etcd.write(led, name, prevIndex=last["modifiedIndex"]):
        return False, "another is allowed to lead at the same time"
    return True, "it has what was committed"


def made(etcd, scope, name):
    """The cluster is new: what an attempt before left there is overwritten."""
    etcd.write(f"/service/{scope}/sync", alone(name))
    etcd.write(f"/service/{scope}/led", name)
    return True, "it has made the cluster"


def choose(etcd, scope, name):
    """Whether it is chosen, and why."""
    keys = f"/service/{scope}"
    if etcd.read(f"{keys}/members/{name}") is None:
        return False, "no Patroni of that name runs"
    leader = etcd.read(f"{keys}/leader")
    if leader is not None and leader["value"] != name:
        return False, f"{leader['value']} has the leader's key; one that is refused lets go of it within seconds"
    etcd.write(f"{keys}/led", name)
    now = etcd.read(f"{keys}/sync")
    # Whoever leads already has written there who confirms.
    if now is None or named(now)[0] != name:
        etcd.write(f"{keys}/sync", alone(name))
    return True, "it is chosen"


def others(etcd, scope, name):
    """Host and port of the other members' PostgreSQL, as their Patroni says."""
    members = [each for each in etcd.children(f"/service/{scope}/members") if not each["key"].endswith(f"/{name}")]
    places = [urllib.parse.urlsplit(json.loads(each["value"])["conn_url"]) for each in members]
    return [(each.hostname, each.port) for each in places]


def fetch(config, etcd, scope, name):
    """What other members have more. Be it that the program for that is not there: it leads all the same."""
    try:
        from catch_up import catch_up

        fetched = catch_up(config, others(etcd, scope, name))
    except Exception as error:
        print(f"{name} could not catch up with the others: {error!r}", file=sys.stderr)
        return
    if fetched > 0:
        print(f"{name} has fetched {fetched} bytes that another standby had", file=sys.stderr)


def main(file, does="", *rest):
    with open(file, encoding="utf8") as text:
        config = yaml.safe_load(text)
    ask = {"": functools.partial(may_lead, config), "made": made, "choose": choose}[does]
    name = rest[0] if does == "choose" else config["name"]
    for host in config["etcd"]["hosts"]:
        try:
            may, why = ask(Etcd(host, config["etcd"]), config["scope"], name)
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"{host}: {error}", file=sys.stderr)
            continue
        print(f"{name} {'may' if may else 'must not'} lead: {why}", file=sys.stderr, flush=True)
        if may and does == "made":
            os.execvp(rest[0], rest)
        return 0 if may else 1
    print(f"{name} must not lead: no etcd answers with a quorum", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
