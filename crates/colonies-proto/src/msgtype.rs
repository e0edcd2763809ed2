//! Properties of message types, derived from their names.

/// True if a message changes nothing on the server, so that sending it twice is harmless.
///
/// Asking for a process (`assignprocessmsg`) is no such message: it hands one out.
pub fn only_reads(msgtype: &str) -> bool {
    msgtype.starts_with("get")
        || matches!(msgtype, "versionmsg" | "searchlogsmsg" | "resolvegeneratormsg" | "channelreadmsg")
}

/// True where the server holds the message until something happens, so that its call takes no turn of another.
pub fn is_held(msgtype: &str) -> bool {
    msgtype == "assignprocessmsg"
}

/// False where a reply belongs to another message: a proxy that mixes up answers, or sends one twice.
///
/// A server repeats the type of the message, but for one. Types that no message has are let through.
pub fn is_reply_to(replytype: &str, msgtype: &str) -> bool {
    replytype == msgtype
        || !replytype.ends_with("msg")
        || (replytype == "pausestatusreplymsg" && msgtype == "getpausestatusmsg")
}

#[cfg(test)]
mod tests {
    use super::{is_reply_to, only_reads};

    #[test]
    fn replies_to_other_messages_are_told_apart() {
        for (replytype, msgtype) in [
            ("submitfuncspecmsg", "submitfuncspecmsg"),
            ("pausestatusreplymsg", "getpausestatusmsg"),
            ("", "submitfuncspecmsg"),
            ("error", "submitfuncspecmsg"),
        ] {
            assert!(is_reply_to(replytype, msgtype), "{replytype} to {msgtype}");
        }
        for (replytype, msgtype) in [
            ("submitfuncspecmsg", "submitworkflowspecmsg"),
            ("pausestatusreplymsg", "closesuccessfulmsg"),
            ("getpausestatusmsg", "getprocessmsg"),
        ] {
            assert!(!is_reply_to(replytype, msgtype), "{replytype} to {msgtype}");
        }
    }

    #[test]
    fn reads_are_told_from_writes() {
        for msgtype in ["getprocessmsg", "getcolonymsg", "versionmsg", "searchlogsmsg"] {
            assert!(only_reads(msgtype), "{msgtype}");
        }
        for msgtype in ["submitfuncspecmsg", "assignprocessmsg", "closesuccessfulmsg", ""] {
            assert!(!only_reads(msgtype), "{msgtype}");
        }
    }
}
