"""
Whether a member may become primary: Patroni's `pre_promote` (3.0), which runs when the leader's key is the member's and PostgreSQL is not
promoted yet. At another status than 0 Patroni lets go of the key, and waits for `ttl` before it tries again.

Patroni 3.0.2 acquires a key that is absent also where it was about to renew its own (`_do_update_leader` in dcs/etcd.py), without looking who
has what was committed; then it writes itself into `/sync`, and promotes. So `/led` names who was allowed to lead last, and what counts is what
that one wrote into `/sync` last: it has all that was committed, and so has who confirmed it. Nobody else leads; for another that has written
itself there `/sync` becomes what it was, so that those can.

In Python, as Patroni is, whose machines have it. Argument: Patroni's file.
"""
import json
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


def last_of(etcd, key, node, holds):
    """The last value of a key that holds, from `node` back. None: etcd knows of none, or does not know any more."""
    while node is not None and not holds(*named(node)):
        change = etcd.change(key, node["modifiedIndex"])
        node = change and change.get("prevNode")
    return node


def may_lead(etcd, scope, name):
    """Whether, and why."""
    sync, led = f"/service/{scope}/sync", f"/service/{scope}/led"
    now, last = etcd.read(sync), etcd.read(led)
    if now is None:
        return False, "nobody has led yet"
    if last is None:
        # Nobody was promoted yet in this cluster: who made it has led until now.
        told = last_of(etcd, sync, now, lambda leader, standbys: leader != name or standbys)
        first = named(told)[0] if told else name
        if not etcd.write(led, first, prevExist="false"):
            return False, "another is allowed to lead at the same time"
        last = etcd.read(led)
    leader = last["value"]
    told = last_of(etcd, sync, now, lambda of, _: of == leader)
    standbys = named(told)[1] if told else []
    if name != leader and name not in standbys:
        etcd.write(sync, told["value"] if told else json.dumps({"leader": leader}), prevIndex=now["modifiedIndex"])
        return False, f"{leader} led last, and {', '.join(standbys) or 'nobody'} confirmed"
    if not etcd.write(led, name, prevIndex=last["modifiedIndex"]):
        return False, "another is allowed to lead at the same time"
    return True, "it has what was committed"


def main(file):
    with open(file, encoding="utf8") as text:
        config = yaml.safe_load(text)
    name, scope = config["name"], config["scope"]
    for host in config["etcd"]["hosts"]:
        try:
            may, why = may_lead(Etcd(host, config["etcd"]), scope, name)
        except (OSError, ValueError) as error:
            print(f"{host}: {error}", file=sys.stderr)
            continue
        print(f"{name} {'may' if may else 'must not'} lead: {why}", file=sys.stderr)
        return 0 if may else 1
    print(f"{name} must not lead: no etcd answers with a quorum", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
