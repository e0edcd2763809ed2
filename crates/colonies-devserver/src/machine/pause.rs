//! Pauses the assignments of a colony.

use serde::Serialize;

use super::access::{loose_member, owner};
use super::message::messages;
use super::{Answer, Context, Event, Outcome};
use crate::store::colonies;

messages! {
    Named { colony_name: String = "colonyname" }
}

pub(super) fn pause(context: &mut Context<'_>, message: Named) -> Outcome {
    let colony = owner(context, &message.colony_name)?;
    colonies::pause(context.db, &colony.name)?;
    Ok(Answer::empty())
}

pub(super) fn resume(context: &mut Context<'_>, message: Named) -> Outcome {
    let colony = owner(context, &message.colony_name)?;
    colonies::resume(context.db, &colony.name)?;
    context.events.push(Event::Resumed { colony_name: colony.name });
    Ok(Answer::empty())
}

const STATUS_REPLY: &str = "pausestatusreplymsg";

#[derive(Serialize)]
struct Status<'a> {
    msgtype: &'static str,
    colonyname: &'a str,
    ispaused: bool,
}

pub(super) fn status(context: &mut Context<'_>, message: Named) -> Outcome {
    let member = loose_member(context, &message.colony_name)?;
    let ispaused = colonies::is_paused(context.db, &member.colony_name)?;
    let status = Status { msgtype: STATUS_REPLY, colonyname: &member.colony_name, ispaused };
    match Answer::json(&status) {
        Answer::Json(json) => Ok(Answer::Other(STATUS_REPLY, json)),
        other => Ok(other),
    }
}
