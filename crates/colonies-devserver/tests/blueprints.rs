//! Blueprints of several colonies.

#![allow(clippy::unwrap_used)]

mod common;

use colonies_crypto::PrivateKey;
use colonies_devserver::{Server, devkeys};
use common::{Caller, start};
use serde_json::{Value, json};

/// Its own colony with a user, and the definition of a kind that others define, too.
struct Colony {
    name: String,
    user: Caller,
}

impl Colony {
    fn new(server: &Server, name: &str) -> Self {
        let (owner, user) = (PrivateKey::generate(), PrivateKey::generate());
        Caller::new(server, devkeys::SERVER_PRVKEY)
            .get(&json!({"msgtype": "addcolonymsg", "colony": {"colonyid": owner.identity(), "name": name}}));
        let owner = Caller::new(server, &owner.to_hex());
        owner.get(&json!({"msgtype": "addusermsg", "user": {
            "colonyname": name, "userid": user.identity(), "name": "user"}}));
        owner.get(&json!({"msgtype": "addblueprintdefinitionmsg", "blueprintdefinition": {
            "metadata": {"name": "lights", "colonyname": name},
            "spec": {"names": {"kind": "Light"},
                     "handler": {"executorType": format!("electrician-{name}"), "functionName": "see_to_it"}}}}));
        Self { name: name.to_owned(), user: Caller::new(server, &user.to_hex()) }
    }

    fn add(&self) {
        self.user.get(&json!({"msgtype": "addblueprintmsg", "blueprint": {
            "kind": "Light", "metadata": {"name": "lamp", "colonyname": self.name}, "spec": {}}}));
    }

    fn named(&self, msgtype: &str) -> Value {
        self.user.get(&json!({"msgtype": msgtype, "namespace": self.name, "name": "lamp"}))
    }

    /// The node names of the processes that wait.
    fn waiting(&self) -> Vec<String> {
        let processes = self
            .user
            .get(&json!({"msgtype": "getprocessesmsg", "colonyname": self.name, "count": 10, "state": 0}));
        let name = |process: &Value| process["spec"]["nodename"].as_str().unwrap().to_owned();
        processes.as_array().unwrap().iter().map(name).collect()
    }
}

#[test]
fn a_kind_that_two_colonies_define_is_seen_to_by_each_in_its_own_way() {
    let server = start();
    let colonies = [Colony::new(&server, "a"), Colony::new(&server, "b")];
    for colony in &colonies {
        colony.add();
        let process = colony.named("reconcileblueprintmsg");
        assert_eq!(process["spec"]["conditions"]["executortype"], format!("electrician-{}", colony.name));
        colony.named("removeblueprintmsg");
    }
    for colony in &colonies {
        let [reconcile, clean_up] =
            ["see_to_it", "cleanup"].map(|name| format!("electrician-{}-{name}", colony.name));
        assert_eq!(colony.waiting(), [reconcile.clone(), reconcile, clean_up]);
    }
}
