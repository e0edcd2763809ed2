//! What the name of a message type tells.

/// True where a message changes nothing on the server, so that sending it twice does no harm.
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

#[cfg(test)]
mod tests {
    use super::only_reads;

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
