//! Almost valid messages of every type, against a server with one record of each kind.

#![allow(clippy::unwrap_used)]

pub(super) mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use colonies_crypto::PrivateKey;
use colonies_proto::{Request, seal};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use self::world::{CALLERS, World, send};
use super::{Outcome, Reaction};
use crate::devkeys::{EXECUTOR_ID, EXECUTOR_PRVKEY};

fn is_proper(outcome: &Outcome<Value>) -> bool {
    outcome.as_ref().err().is_none_or(|refusal| {
        (400..600).contains(&refusal.status) && !refusal.message.contains("store of the development server")
    })
}

/// One change to a message.
#[derive(Clone, Debug)]
enum Mutation {
    Remove(usize),
    Replace(usize, Value),
    /// By something of which the server knows the identity.
    Identity(usize, usize),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let at = 0..64_usize;
    prop_oneof![
        at.clone().prop_map(Mutation::Remove),
        (at.clone(), values()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        (at, 0..10_usize).prop_map(|(at, which)| Mutation::Identity(at, which)),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![0, 1, -1, 2, 100, i64::MAX, i64::MIN, 1 << 53, 1 << 31])
            .prop_map(Value::from),
        Just(json!(u64::MAX)),
        prop::sample::select(vec![0.5, -0.0, 1e308, 1e-308]).prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "dev",
            "cli",
            "first",
            "dev-executor",
            "a:b",
            "\0",
            "%",
            "é\u{fffd}\u{10ffff}",
            "[]",
            "{}",
            "null",
            "* * * * * *",
            "0 0 30 2 *",
            "@every 1ns",
            "99999999999999999999",
            "-1Gi",
            "1e400m",
        ])
        .prop_map(Value::from),
        Just(Value::from("x".repeat(100_000))),
        any::<String>().prop_map(Value::from),
    ];
    plain.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The paths of all values in a message, but that of the message itself.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    let mut visit = |name: &str, value: &Value| {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        found.push(path.clone());
        paths(value, &path, found);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| visit(name, value)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(at, value)| visit(&at.to_string(), value));
        }
        _ => {}
    }
}

fn mutate(world: &World, message: &mut Value, mutation: &Mutation) {
    let mut found = Vec::new();
    paths(message, "", &mut found);
    // The type stays, so that the message gets to its handler.
    found.retain(|path| path != "/msgtype");
    let (Mutation::Remove(at) | Mutation::Replace(at, _) | Mutation::Identity(at, _)) = mutation;
    let Some(path) = found.get(at % found.len().max(1)) else { return };
    let identities = [
        &world.waiting,
        &world.running,
        &world.graph,
        &world.started,
        &world.root,
        &world.attribute,
        &world.function,
        &world.cron,
        &world.generator,
        &world.file,
    ];
    match mutation {
        Mutation::Replace(_, value) => *message.pointer_mut(path).unwrap() = value.clone(),
        Mutation::Identity(_, which) => {
            *message.pointer_mut(path).unwrap() = json!(identities[which % identities.len()]);
        }
        Mutation::Remove(_) => {
            let (parent, name) = path.rsplit_once('/').unwrap();
            match message.pointer_mut(parent).unwrap() {
                Value::Object(fields) => {
                    fields.remove(&name.replace("~1", "/").replace("~0", "~"));
                }
                Value::Array(values) => {
                    values.remove(name.parse().unwrap());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_message_has_an_example_that_is_carried_out() {
    let table = include_str!("../../../machine/dispatch.rs");
    let known: BTreeSet<&str> = table
        .split('"')
        .filter(|word| word.ends_with("msg") && word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    let mut shown = BTreeSet::new();
    for at in 0..World::new().examples().len() {
        let world = World::new();
        let (caller, message) = &world.examples()[at];
        if message["msgtype"] == "removeblueprintdefinitionmsg" {
            // Of one that is in use there is nothing to be removed.
            send(
                &world.core,
                EXECUTOR_ID,
                &json!({"msgtype": "removeblueprintmsg", "namespace": "dev", "name": "desk"}),
            )
            .unwrap();
        }
        let outcome = send(&world.core, caller, message);
        assert!(outcome.is_ok(), "{message}: {outcome:?}");
        world.check();
        shown.insert(message["msgtype"].as_str().unwrap().to_owned());
    }
    assert_eq!(shown, known.into_iter().map(str::to_owned).collect());
}

type Step = (usize, Option<usize>, Vec<Mutation>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..1000_usize, prop::option::weighted(0.3, 0..CALLERS.len()), vec(mutations(), 0..3)), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn messages_that_are_almost_right_are_answered_or_refused(steps in steps()) {
        let world = World::new();
        for (at, caller, mutations) in steps {
            let examples = world.examples();
            let (its_caller, mut message) = examples[at % examples.len()].clone();
            for mutation in &mutations {
                mutate(&world, &mut message, mutation);
            }
            let outcome = send(&world.core, caller.map_or(its_caller, |caller| CALLERS[caller]), &message);
            prop_assert!(is_proper(&outcome), "{message}: {outcome:?}");
        }
        world.core.advance(Duration::from_secs(2), true);
        world.check();
    }

    #[test]
    fn envelopes_that_are_almost_right_are_answered_or_refused(
        at in 0..1000_usize, changes in vec((any::<prop::sample::Index>(), 0..3_u8, any::<u8>()), 1..4),
    ) {
        let world = World::new();
        let (_, message) = world.examples().swap_remove(at % world.examples().len());
        let key = PrivateKey::from_hex(EXECUTOR_PRVKEY).unwrap();
        let mut body = seal(message["msgtype"].as_str().unwrap(), message.to_string().as_bytes(), &key);
        for (place, change, byte) in changes {
            let place = place.index(body.len());
            match change {
                0 => body[place] = byte,
                1 => { body.remove(place); }
                _ => body.insert(place, byte),
            }
        }
        if let Ok(request) = Request::from_body(&body)
            && let Ok(caller) = request.signer()
            && let Ok(Reaction::Waits { place, .. }) =
                world.core.carry_out(&caller, &request.payloadtype, &request.message())
        {
            world.core.leave(&place);
        }
        world.check();
    }
}
