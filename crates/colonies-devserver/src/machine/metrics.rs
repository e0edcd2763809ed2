//! Counts for Prometheus, under the names that a Colonies server gives them.

use std::fmt::Write;

use super::{Context, Outcome};
use crate::store::{colonies, executors, graphs, processes};

/// What is known outside of the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Present {
    pub(crate) waiting_assigns: usize,
    pub(crate) subscriptions: usize,
}

/// All counts, as text. Executors that were removed are left out.
pub(crate) fn metrics(context: &Context<'_>, present: &Present) -> Outcome<String> {
    let colonies = colonies::count(context.db)?;
    let [pending, approved, rejected, _] = executors::counts(context.db, None)?;
    let processes = processes::counts(context.db, None)?;
    let graphs = graphs::counts(context.db, None)?;
    let mut text = String::new();
    gauge(&mut text, "colonies_server_colonies", "Colonies", colonies);
    gauge(&mut text, "colonies_server_executors", "Executors", pending + approved + rejected);
    for (kind, help, [waiting, running, successful, failed, _]) in
        [("processes", "Processes that are", processes), ("workflows", "Workflows that are", graphs)]
    {
        for (state, count) in
            [("waiting", waiting), ("running", running), ("successful", successful), ("failed", failed)]
        {
            gauge(&mut text, &format!("colonies_server_{kind}_{state}"), &format!("{help} {state}"), count);
        }
    }
    gauge(
        &mut text,
        "colonies_devserver_waiting_assigns",
        "Executors that wait for a process",
        present.waiting_assigns,
    );
    gauge(&mut text, "colonies_devserver_subscriptions", "Subscriptions", present.subscriptions);
    Ok(text)
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl std::fmt::Display) {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")
        .expect("a string takes all that is written to it");
}
