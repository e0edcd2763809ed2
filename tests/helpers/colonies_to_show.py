"""Colonies with a bit of everything in them, to show: one of the usual kind, and one with hostile texts."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any

from polling import until
from pycolonies import Crypto
from pycolonies._rpc import deep
from pycolonies.testing import COLONY_NAME, COLONY_PRVKEY, EXECUTOR_PRVKEY, SERVER_PRVKEY, DevServer

#: Seconds for which processes ran, as the server's clock counts.
RAN = 61
#: Acts on terminals that print it: renames the window, clears the screen, moves the cursor, turns text
#: around, is wider than it looks, and is markup of rich.
HOSTILE = (
    "\x1b]0;OWNED\x07\x1b[2J\x9b31m\r\n\t\u202e\u2066\u05e9\u05dc\u05d5\u05dd中文字\U0001f469\u200d\U0001f4bb[red]m[/]"
    + "w" * 90
)
EXECUTOR_NAME = "dev-executor"
_CRYPTO = Crypto()


class Messages:
    """Sends messages that no client would.

    Args:
        server: The server.
    """

    def __init__(self, server: DevServer) -> None:
        self._server = server

    def send(self, msgtype: str, key: str = EXECUTOR_PRVKEY, **fields: object) -> Any:
        """Send a message; return the reply, which must not be an error."""
        text = deep.dumps({"msgtype": msgtype, **fields}).decode(errors="surrogatepass")
        payload = base64.b64encode(text.encode()).decode()
        envelope = {"payloadtype": msgtype, "payload": payload, "signature": _CRYPTO.sign(payload, key)}
        request = urllib.request.Request(
            self._server.url + "/api", json.dumps(envelope).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as reply:
                return deep.loads(base64.b64decode(json.load(reply)["payload"]).decode() or "null")
        except urllib.error.HTTPError as refused:
            raise AssertionError((msgtype, base64.b64decode(json.load(refused)["payload"]))) from None


def fill(server: DevServer, text: str, value: Any = None) -> dict[str, str]:
    """Put something of each kind into the development colony, all of it with a text in it.

    Args:
        server: The server.
        text: The text.
        value: A JSON value for arguments and outputs; a small one by default.

    Returns:
        Ids and names, by what they are of.
    """
    send = Messages(server).send
    spec: dict[str, Any] = {
        "nodename": f"node{text}",
        "funcname": f"square{text}",
        "args": [f"first{text}", 2, {"a": [1]} if value is None else value],
        "kwargs": {f"scale{text}": f"double{text}"},
        "label": f"label{text}",
        "env": {f"E{text}": text},
        "channels": [f"channel{text}"],
        "conditions": {"colonyname": COLONY_NAME, "executortype": "cli"},
        "maxexectime": 100_000,
        "maxretries": 0,
        "maxwaittime": -1,
    }
    spec["conditions"]["executortype"] = _type(server)
    made: dict[str, str] = {}

    def submit() -> str:
        return str(send("submitfuncspecmsg", spec=spec)["processid"])

    def start() -> str:
        return str(send("assignprocessmsg", colonyname=COLONY_NAME, timeout=5)["processid"])

    submit()
    made["failed"] = start()
    server.advance(RAN)
    send("closefailedmsg", processid=made["failed"], errors=[f"ValueError: no luck{text}"])
    submit()
    made["successful"] = start()
    server.advance(RAN)
    send("addlogmsg", processid=made["successful"], message=f"a message{text}\nand its second line\n")
    send(
        "closesuccessfulmsg",
        processid=made["successful"],
        out=[f"output{text}", 4, *([] if value is None else [value])],
    )
    submit()
    made["running"] = start()
    attribute = {
        "targetid": made["running"],
        "key": f"key{text}",
        "value": f"value{text}",
        "attributetype": 1,
    }
    made["attribute"] = send("addattributemsg", attribute=attribute)["attributeid"]
    channel: dict[str, Any] = {
        "processid": made["running"],
        "name": f"channel{text}",
        "sequence": 1,
        "inreplyto": 0,
    }
    payload = base64.b64encode(f"payload{text}".encode(errors="surrogatepass")).decode()
    send("channelappendmsg", **channel, payload=payload, payloadtype="data")
    made["channel"] = f"channel{text}"
    made["cancelled"] = submit()
    send("cancelprocessmsg", processid=made["cancelled"])
    made["waiting"] = submit()

    def node(name: str, *after: str) -> dict[str, Any]:
        dependencies = [f"{each}{text}" for each in after]
        conditions = {**spec["conditions"], "dependencies": dependencies}
        return {**spec, "nodename": f"{name}{text}", "conditions": conditions}

    nodes = [node("a"), node("b", "a"), node("c", "a"), node("d", "b", "c")]
    workflow = {"colonyname": COLONY_NAME, "functionspecs": nodes}
    made["workflow"] = send("submitworkflowspecmsg", spec=workflow)["processgraphid"]
    made["node"] = f"a{text}"
    _people(server, text, made)
    _schedules(server, text, made, deep.dumps(workflow).decode())
    _files(server, text, made)
    return made


def _type(server: DevServer) -> str:
    found = Messages(server).send("getexecutormsg", executorname=EXECUTOR_NAME, colonyname=COLONY_NAME)
    return str(found["executortype"])


def _people(server: DevServer, text: str, made: dict[str, str]) -> None:
    send = Messages(server).send
    user = {
        "colonyname": COLONY_NAME,
        "userid": "a" * 64,
        "name": f"alice{text}",
        "email": f"a@example.org{text}",
        "phone": f"1{text}",
    }
    send("addusermsg", COLONY_PRVKEY, user=user)
    made["user"] = user["name"]
    executor = {
        "colonyname": COLONY_NAME,
        "executorid": "b" * 64,
        "executorname": f"adder{text}",
        "executortype": f"adder{text}",
        "locationname": f"lab{text}",
        "capabilities": {
            "hardware": [{"model": f"model{text}", "mem": f"mem{text}", "gpu": {"name": f"gpu{text}"}}],
            "software": [{"name": f"software{text}", "type": text, "version": text}],
        },
    }
    send("addexecutormsg", COLONY_PRVKEY, executor=executor)
    made["executor"] = f"adder{text}"
    function = {
        "colonyname": COLONY_NAME,
        "executorname": EXECUTOR_NAME,
        "funcname": f"square{text}",
        "description": f"text{text}",
        "args": [{"name": f"x{text}"}],
    }
    send("addfunctionmsg", fun=function)
    location = {
        "locationid": "c" * 64,
        "name": f"lab{text}",
        "colonyname": COLONY_NAME,
        "description": f"text{text}",
    }
    send("addlocationmsg", COLONY_PRVKEY, location=location)
    made["location"] = f"lab{text}"
    send("addcolonymsg", SERVER_PRVKEY, colony={"colonyid": "d" * 64, "name": f"other{text}"})
    send("addexecutorlogmsg", colonyname=COLONY_NAME, executorname=EXECUTOR_NAME, message=f"started{text}")


def _schedules(server: DevServer, text: str, made: dict[str, str], workflow: str) -> None:
    send = Messages(server).send
    cron = {
        "colonyname": COLONY_NAME,
        "name": f"cron{text}",
        "interval": 10_000,
        "cronexpression": "",
        "workflowspec": workflow,
    }
    made["cron"] = send("addcronmsg", cron=cron)["cronid"]
    until(
        lambda: not send("getcronmsg", cronid=made["cron"])["nextrun"].startswith("0001"),
        "the server's next tick, which sets the next run",
    )
    generator = {
        "colonyname": COLONY_NAME,
        "name": f"generator{text}",
        "trigger": 10,
        "timeout": -1,
        "workflowspec": workflow,
    }
    made["generator"] = send("addgeneratormsg", generator=generator)["generatorid"]
    handler = {"executorType": _type(server), "functionName": f"reconcile{text}"}
    names = {"kind": f"Lamp{text}", "plural": text, "singular": text}
    definition = {
        "kind": "D",
        "metadata": {"name": f"lamps{text}", "colonyname": COLONY_NAME},
        "spec": {"group": text, "version": text, "names": names, "scope": "Namespaced", "handler": handler},
    }
    send("addblueprintdefinitionmsg", COLONY_PRVKEY, blueprintdefinition=definition)
    made["definition"] = f"lamps{text}"
    blueprint = {
        "kind": f"Lamp{text}",
        "metadata": {"name": f"desk{text}", "colonyname": COLONY_NAME},
        "handler": handler,
        "spec": {f"on{text}": f"yes{text}"},
    }
    send("addblueprintmsg", blueprint=blueprint)
    for each in send("getcronsmsg", colonyname=COLONY_NAME, count=100):
        if each["name"].startswith("reconcile-"):  # it would submit processes in the middle of a test
            send("removecronmsg", colonyname=COLONY_NAME, cronid=each["cronid"])
    made["blueprint"] = f"desk{text}"


def _files(server: DevServer, text: str, made: dict[str, str]) -> None:
    send = Messages(server).send
    label = f"/data{text}".replace("/]", "]")
    stored = {"server": f"s3{text}", "port": 1, "object": f"object{text}", "bucket": f"bucket{text}"}
    record = {
        "colonyname": COLONY_NAME,
        "label": label,
        "name": f"file{text}",
        "size": 1536,
        "checksum": f"sum{text}",
        "checksumalg": "SHA256",
        "ref": {"protocol": "s3", "s3object": stored},
    }
    made["file"] = send("addfilemsg", file=record)["fileid"]
    made["label"] = label
    snapshot = send("createsnapshotmsg", colonyname=COLONY_NAME, label=label, name=f"monday{text}")
    made["snapshot"] = snapshot["snapshotid"]


def views(made: dict[str, str]) -> dict[str, list[str]]:
    """Return command lines that show views of such a colony, by their names."""
    lists = {f"process {name}": ["process", name] for name in ("ps", "psw", "pss", "psf", "psc", "history")}
    shown = {f"process get {state}": ["process", "get", made[state]] for state in ("running", "failed")}
    others = {
        "process top once": ["process", "top", "--once"],
        "log get": ["log", "get", made["successful"], "--times"],
        "log search": ["log", "search", "--text", "message"],
        "log executor": ["log", "get", "--executorname", EXECUTOR_NAME],
        "workflow ls": ["workflow", "ls"],
        **{f"workflow {name}": ["workflow", name] for name in ("ps", "psw", "pss", "psf", "psc")},
        "workflow node": ["workflow", "node", made["workflow"], "--name", made["node"]],
        "attribute get": ["attribute", "get", made["attribute"]],
        "workflow get": ["workflow", "get", made["workflow"]],
        "user ls": ["user", "ls"],
        "user get": ["user", "get", made["user"]],
        "executor ls": ["executor", "ls"],
        "executor ls full": ["executor", "ls", "--full"],
        "executor get": ["executor", "get", made["executor"]],
        "executor top once": ["executor", "top", "--once"],
        "function ls": ["function", "ls"],
        "location ls": ["location", "ls"],
        "location get": ["location", "get", made["location"]],
        "cron ls": ["cron", "ls"],
        "cron get": ["cron", "get", made["cron"]],
        "generator ls": ["generator", "ls"],
        "generator get": ["generator", "get", made["generator"]],
        "fs ls": ["fs", "ls"],
        "fs ls label": ["fs", "ls", made["label"]],
        "fs info": ["fs", "info", "--fileid", made["file"]],
        "fs label ls": ["fs", "label", "ls"],
        "fs snapshot ls": ["fs", "snapshot", "ls"],
        "fs snapshot info": ["fs", "snapshot", "info", "--snapshotid", made["snapshot"]],
        "colony ls": ["colony", "ls"],
        "colony get": ["colony", "get"],
        "colony stats": ["colony", "stats"],
        "blueprint ls": ["blueprint", "ls"],
        "blueprint get": ["blueprint", "get", made["blueprint"]],
        "blueprint history": ["blueprint", "history", made["blueprint"]],
        "blueprint doctor": ["blueprint", "doctor"],
        "blueprint definition ls": ["blueprint", "definition", "ls"],
        "blueprint definition get": ["blueprint", "definition", "get", made["definition"]],
        "channel read": ["channel", "read", made["running"], "--name", made["channel"]],
        "cluster info": ["cluster", "info"],
        "server stats": ["server", "stats"],
        "server status": ["server", "status"],
        "server info": ["server", "info"],
        "server cluster": ["server", "cluster"],
        "config": ["config"],
        "version": ["version"],
    }
    return {**lists, **shown, **others}
