//! Helpers for tests of the machine.

#![allow(clippy::unwrap_used)]

use std::cell::Cell;

use rusqlite::Connection;
use serde_json::Value;

use super::{Answer, Context, Lags, Outcome, Settings, carry_out, run_due, seed};
use crate::store::{self, settings};
use crate::wire::Time;
use crate::{Seed, devkeys};

/// A machine without a transport: its clock is a number.
pub(super) struct Machine {
    pub(super) db: Connection,
    settings: Settings,
    pub(super) now: Time,
    ids: Cell<u64>,
    lags: Lags,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self::with_lags(None)
    }

    /// A machine whose changes are shown in steps.
    pub(super) fn with_lags(realistic: Option<u64>) -> Self {
        let machine = Self {
            db: store::open(None).unwrap(),
            settings: Settings { address: ([127, 0, 0, 1], 1).into(), allow_reregister: true, realistic },
            lags: Lags::new(realistic),
            now: Time::from_micros(1_800_000_000_000_000),
            ids: Cell::new(0),
        };
        settings::set_server_id(&machine.db, devkeys::SERVER_ID).unwrap();
        machine.with("", |context| seed(context, &Seed::default())).unwrap();
        machine
    }

    pub(super) fn with<T>(
        &self,
        caller: &str,
        body: impl FnOnce(&mut Context<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let new_id = || {
            self.ids.set(self.ids.get() + 1);
            format!("{:064x}", self.ids.get())
        };
        let mut context = Context {
            db: &self.db,
            settings: &self.settings,
            now: self.now,
            caller,
            new_id: &new_id,
            events: Vec::new(),
            change: self.lags.change(self.now),
        };
        body(&mut context)
    }

    /// The answer that a caller gets for a message.
    pub(super) fn call_as(&self, caller: &str, message: &Value) -> Outcome<Value> {
        let msgtype = message["msgtype"].as_str().unwrap();
        let payload = message.to_string();
        match self.with(caller, |context| carry_out(context, msgtype, payload.as_bytes()))? {
            Answer::Json(json) => Ok(serde_json::from_slice(&json).unwrap()),
            other => panic!("answered with {other:?}"),
        }
    }

    /// What the development executor gets for a message; `None` where it is refused.
    pub(super) fn call(&self, message: &Value) -> Option<Value> {
        self.call_as(&Seed::default().executor_id, message).ok()
    }

    /// Lets time pass, and does what becomes due by its end.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
        self.with("", run_due).unwrap();
    }
}
