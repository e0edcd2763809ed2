//! The handler of each message type, and the prefix of errors about unreadable messages.

use super::message::{echo, handle};
use super::{
    Context, Outcome, Refusal, attribute, blueprint, channel, colony, cron, executor, file, function,
    generator, location, log, pause, process, server, snapshot, user, workflow,
};

/// Carries out a message whose signature has been verified.
#[expect(clippy::too_many_lines, reason = "this is a table, a line a message")]
pub(crate) fn carry_out(context: &mut Context<'_>, payloadtype: &str, payload: &[u8]) -> Outcome {
    macro_rules! handled {
        ($prefix:expr, $handler:path) => {
            handle(context, payloadtype, payload, $prefix, $handler)
        };
    }
    macro_rules! echoed {
        ($prefix:expr, $handler:path) => {
            echo(context, payloadtype, payload, $prefix, $handler)
        };
    }
    match payloadtype {
        "versionmsg" => handled!("Failed to get server version", server::version),
        "getserverinfomsg" => Ok(server::info(context)),
        "getclustermsg" => handled!("Failed to get cluster info", server::cluster),
        "getstatisticsmsg" => {
            handled!(("Failed to get statistics", "Failed to get server version"), server::statistics)
        }
        "changeserveridmsg" => echoed!("Failed to change colony Id", server::change_id),

        "addcolonymsg" => handled!("Failed to add colony", colony::add),
        "removecolonymsg" => handled!("Failed to remove colony", colony::remove),
        "getcoloniesmsg" => handled!("Failed to get colonies", colony::list),
        "getcolonymsg" => handled!("Failed to get colony", colony::get),
        "getcolonystatsmsg" => handled!("Failed to get colony statistics", colony::statistics),
        "changecolonyidmsg" => echoed!("Failed to change colony Id", colony::change_id),

        "addusermsg" => handled!("Failed to add user", user::add),
        "getusermsg" => handled!("Failed to get user", user::get),
        "getuserbyidmsg" => handled!("Failed to get user by ID", user::get_by_id),
        "getusersmsg" => handled!("Failed to get users", user::list),
        "removeusermsg" => handled!("Failed to remove user", user::remove),
        "changeuseridmsg" => echoed!(("Failed to add log", "Failed to change user Id"), user::change_id),

        "addexecutormsg" => handled!("Failed to add executor", executor::add),
        "getexecutormsg" => handled!("Failed to get executor", executor::get),
        "getexecutorbyidmsg" => handled!("Failed to get executor by ID", executor::get_by_id),
        "getexecutorsmsg" => handled!("Failed to get executors", executor::list),
        "approveexecutormsg" => handled!("Failed to approve executor", executor::approve),
        "rejectexecutormsg" => handled!("Failed to reject executor", executor::reject),
        "removeexecutormsg" => handled!("Failed to remove executor", executor::remove),
        "updateexecutormsg" => handled!("Failed to update executor", executor::update),
        "reportallocationmsg" => handled!("Failed to report allocation", executor::report_allocation),
        "changeexecutoridmsg" => echoed!("Failed to change executor Id", executor::change_id),

        "addfunctionmsg" => handled!("Failed to add function", function::add),
        "getfunctionsmsg" => handled!("Failed to get function", function::list),
        "removefunctionmsg" => handled!("Failed to remove function", function::remove),

        "addlocationmsg" => handled!("Failed to add location", location::add),
        "getlocationmsg" => handled!("Failed to get location", location::get),
        "getlocationsmsg" => handled!("Failed to get locations", location::list),
        "removelocationmsg" => handled!("Failed to remove location", location::remove),

        "pauseassignmentsmsg" => handled!("Failed to pause assignments", pause::pause),
        "resumeassignmentsmsg" => handled!("Failed to resume assignments", pause::resume),
        "getpausestatusmsg" => handled!("Failed to get pause status", pause::status),

        "submitfuncspecmsg" => {
            handled!(("Failed to submit process", "Failed to submit process spec"), process::submit::submit)
        }
        "assignprocessmsg" => handled!("Failed to assign process", process::assign::assign),
        "getprocessmsg" => handled!("Failed to get process", process::read::get),
        "getprocessesmsg" => handled!("Failed to get processes", process::read::list),
        "getprocesshistmsg" => {
            handled!(("Failed to get process hist", "Failed to get process history"), process::read::history)
        }
        "removeprocessmsg" => handled!("Failed to remove process", process::remove::remove),
        "removeallprocessesmsg" => handled!("Failed to remove all processes", process::remove::remove_all),
        "closesuccessfulmsg" => {
            handled!(
                ("Failed to close successful", "Failed to close process as successful"),
                process::close::close
            )
        }
        "closefailedmsg" => {
            handled!(("Failed to close failed", "Failed to close process as failed"), process::close::fail)
        }
        "setoutputmsg" => handled!("Failed to set output", process::close::set_output),
        "cancelprocessmsg" => handled!("Failed to cancel process", process::cancel::cancel),

        "addattributemsg" => handled!("Failed to add attribute", attribute::add),
        "getattributemsg" => handled!("Failed to get attribute", attribute::get),

        "submitworkflowspecmsg" => {
            handled!(("Failed to submit workkflow", "Failed to submit workflow"), workflow::submit::submit)
        }
        "addchildmsg" => handled!("Failed to add child to processgraph", workflow::child::add),
        "getprocessgraphmsg" => handled!("Failed to get processgraph", workflow::read::get),
        "getprocessgraphsmsg" => handled!("Failed to get processgraphs", workflow::read::list),
        "removeprocessgraphmsg" => handled!("Failed to remove processgraph", workflow::remove::remove),
        "removeallprocessgraphsmsg" => {
            handled!("Failed to remove all processgraphs", workflow::remove::remove_all)
        }
        "cancelprocessgraphmsg" => handled!("Failed to cancel processgraph", workflow::remove::cancel),

        "addlogmsg" => handled!("Failed to add log", log::add),
        "addexecutorlogmsg" => handled!("Failed to add executor log", log::add_of_executor),
        "getlogsmsg" => handled!("Failed to get logs", log::get),
        "searchlogsmsg" => handled!(("Failed to search logs", "Failed to get logs"), log::search),

        "addcronmsg" => handled!("Failed to add cron", cron::messages::add),
        "getcronmsg" => handled!("Failed to get cron", cron::messages::get),
        "getcronsmsg" => handled!("Failed to get crons", cron::messages::list),
        "runcronmsg" => handled!("Failed to run cron", cron::messages::run),
        "removecronmsg" => handled!("Failed to remove cron", cron::messages::remove),

        "addgeneratormsg" => handled!("Failed to add generator", generator::add),
        "getgeneratormsg" => handled!("Failed to get generator", generator::get),
        "resolvegeneratormsg" => handled!("Failed to resolve generator", generator::resolve),
        "getgeneratorsmsg" => handled!("Failed to get generators", generator::list),
        "packgeneratormsg" => {
            handled!(("Failed to inc generator", "Failed to increment generator"), generator::pack)
        }
        "removegeneratormsg" => handled!("Failed to remove generator", generator::remove),

        "addfilemsg" => handled!(("Failed to add log", "Failed to add file"), file::add),
        "getfilemsg" => handled!(("Failed to add log", "Failed to get file"), file::get),
        "getfilesmsg" => handled!("Failed to get files", file::list),
        "getfilelabelsmsg" => handled!("Failed to get files", file::labels),
        "removefilemsg" => handled!("Failed to remove file", file::remove),

        "createsnapshotmsg" => handled!("Failed to create snapshot", snapshot::create),
        "getsnapshotmsg" => handled!("Failed to get snapshot", snapshot::get),
        "getsnapshotsmsg" => handled!("Failed to get snapshots", snapshot::list),
        "removesnapshotmsg" => handled!("Failed to remove snapshot", snapshot::remove),
        "removeallsnapshotmsg" => handled!("Failed to remove snapshot", snapshot::remove_all),

        "channelappendmsg" => handled!("Failed to append to channel", channel::append::append),
        "channelreadmsg" => handled!("Failed to read from channel", channel::read::read),

        "addblueprintdefinitionmsg" => {
            handled!("Failed to add blueprint definition", blueprint::definition::add)
        }
        "getblueprintdefinitionmsg" => {
            handled!("Failed to get blueprint definition", blueprint::definition::get)
        }
        "getblueprintdefinitionsmsg" => {
            handled!("Failed to get blueprint definitions", blueprint::definition::list)
        }
        "removeblueprintdefinitionmsg" => {
            handled!("Failed to remove blueprint definition", blueprint::definition::remove)
        }
        "addblueprintmsg" => handled!("Failed to add blueprint", blueprint::add::add),
        "getblueprintmsg" => handled!("Failed to get blueprint", blueprint::read::get),
        "getblueprintsmsg" => handled!("Failed to get blueprints", blueprint::read::list),
        "updateblueprintmsg" => handled!("Failed to update blueprint", blueprint::update::update),
        "removeblueprintmsg" => handled!("Failed to remove blueprint", blueprint::remove::remove),
        "updateblueprintstatusmsg" => {
            handled!("Failed to update blueprint status", blueprint::status::update)
        }
        "reconcileblueprintmsg" => handled!("Failed to reconcile blueprint", blueprint::reconcile::reconcile),
        "getblueprinthistorymsg" => {
            handled!("Failed to get blueprint history", blueprint::read::changes)
        }

        "" => Err(Refusal::forbidden(
            "invalid rpcMsg.PayloadType: empty (this usually means the client is misconfigured - check that \
             COLONIES_PRVKEY and other environment variables are set correctly)",
        )),
        unknown => Err(Refusal::forbidden(format!("invalid rpcMsg.PayloadType: {unknown}"))),
    }
}
