//! What clap has to say: help as it is, complaints in one line.

use super::{CommandLine, PROGRAM, Reply};
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Puts `error` into words; `arguments` are those that caused it.
pub(super) fn reply(error: &clap::Error, arguments: &[String]) -> Reply {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Reply::Say(text),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Reply::Refuse(text),
        _ => {
            // The first paragraph names the fault; tips and usage follow.
            let fault = text.split("\n\n").next().unwrap_or_default();
            let fault = fault.split_whitespace().collect::<Vec<_>>().join(" ");
            let fault = fault.strip_prefix("error: ").unwrap_or(&fault);
            let hint = suggestion(error).map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
            Reply::Refuse(format!("{PROGRAM}: {fault}{hint} (see {} --help)\n", helper(arguments)))
        }
    }
}

/// What was probably meant.
fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(meant) => Some(meant.clone()),
        ContextValue::Strings(meant) => meant.first().cloned(),
        _ => None,
    })
}

/// The command whose help has the answer.
fn helper(arguments: &[String]) -> String {
    let command = CommandLine::command();
    match arguments.first().filter(|first| command.find_subcommand(first).is_some()) {
        Some(subcommand) => format!("{PROGRAM} {subcommand}"),
        None => PROGRAM.to_owned(),
    }
}
