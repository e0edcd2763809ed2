//! Reading a channel.

use super::{check_end, find_usable, process_of_member};
use crate::machine::message::messages;
use crate::machine::{Answer, Context, Outcome};
use crate::store::channels;

messages! {
    Read {
        process_id: String = "processid",
        name: String = "name",
        after: i64 = "afterseq",
        limit: i64 = "limit",
    }
}

/// `afterseq` is the number of entries to skip, whatever their sequence. Without a limit, all that follow.
pub(in crate::machine) fn read(context: &mut Context<'_>, message: Read) -> Outcome {
    let process = process_of_member(context, &message.process_id)?;
    find_usable(&process, &message.name)?;
    check_end(context, &process, "read from")?;
    let limit = if message.limit > 0 { message.limit } else { -1 };
    let found = channels::entries(context.db, &process.id, &message.name, message.after, limit)?;
    Ok(Answer::json(&found))
}
