"""
Whether a program of this member answers, for its container's health check. Argument: `etcd`, which is healthy while it has a quorum, or
`patroni`, whose PostgreSQL must run. Ends with another status than 0 where it does not.
"""
import ssl
import sys
import urllib.request

import yaml

SECONDS = 4

with open("/etc/tonebank-cluster/patroni.yaml", encoding="utf-8") as file:
    config = yaml.safe_load(file)
etcd, rest = config["etcd"], config["restapi"]
# Its own etcd is the first that it names.
url = {"etcd": f"https://{etcd['hosts'][0]}/health", "patroni": f"https://{rest['connect_address']}/health"}[sys.argv[1]]
context = ssl.create_default_context(cafile=etcd["cacert"])
context.load_cert_chain(etcd["cert"], etcd["key"])
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
# Any other status than one of success is raised.
with opener.open(url, timeout=SECONDS):
    pass
