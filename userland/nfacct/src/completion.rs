// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completion for shells: words and options come from the definition of the command line, names of objects from the
//! kernel at the moment of completion (`nfacct __complete`).

use std::collections::BTreeSet;

use clap::{Command, ValueEnum};

use crate::{
    legacy::{OPTIONS, WORDS},
    route::MODERN,
};

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// bash, for a file called nfacct in its directory of completions
    Bash,
    /// zsh, for a file called `_nfacct` in $fpath
    Zsh,
    /// fish, for a file called nfacct.fish in its directory of completions
    Fish,
}

/// What can follow a command.
struct Candidates {
    command: &'static str,
    /// Options and keywords.
    words: Vec<String>,
    /// Names of objects too.
    names: bool,
}

/// Commands that take names of objects.
const NAMED: [&str; 9] = [
    "list", "get", "delete", "add", "reset", "save", "watch", "export", "serve",
];

/// All commands, visible ones only.
fn commands() -> Vec<&'static str> {
    let visible = |word: &&str| !word.starts_with('_');
    WORDS.into_iter().chain(MODERN.into_iter().filter(visible)).collect()
}

/// Long options of a command.
fn options(command: &Command) -> impl Iterator<Item = String> {
    let visible = command.get_arguments().filter(|arg| !arg.is_hide_set());
    visible.filter_map(|arg| arg.get_long()).map(|long| format!("--{long}"))
}

fn words(cli: &Command) -> Vec<Candidates> {
    let describe = |command: &'static str| {
        let mut words: BTreeSet<String> = BTreeSet::new();
        if let Some(modern) = cli.find_subcommand(command) {
            words.extend(options(cli));
            words.extend(options(modern));
            words.insert("--help".to_owned());
        }
        match command {
            "list" => words.extend(OPTIONS.map(str::to_owned)),
            "get" => words.extend(["reset", "xml", "json"].map(str::to_owned)),
            "add" => words.extend(["byte", "packet"].map(str::to_owned)),
            "completions" => words.extend(["bash", "zsh", "fish"].map(str::to_owned)),
            _ => {}
        }
        Candidates {
            command,
            words: words.into_iter().collect(),
            names: NAMED.contains(&command),
        }
    };
    commands().into_iter().map(describe).collect()
}

/// The script for a shell; `cli` is the definition of the modern command line.
pub(crate) fn script(shell: Shell, cli: &Command) -> String {
    let first: Vec<String> = commands()
        .into_iter()
        .map(str::to_owned)
        .chain(options(cli))
        .chain(["--help".to_owned(), "--version".to_owned()])
        .collect();
    let all = words(cli);
    match shell {
        Shell::Bash => bash(&first, &all),
        Shell::Zsh => zsh(&first, &all),
        Shell::Fish => fish(&first, &all),
    }
}

/// Lines of a `case` with the words of each command.
fn cases(first: &[String], all: &[Candidates], indent: &str) -> String {
    let mut lines = vec![format!("{indent}'') words=({}) ;;", first.join(" "))];
    for Candidates { command, words, names } in all {
        let names = u8::from(*names);
        lines.push(format!(
            "{indent}{command}) words=({}); names={names} ;;",
            words.join(" ")
        ));
    }
    lines.join("\n")
}

fn bash(first: &[String], all: &[Candidates]) -> String {
    let cases = cases(first, all, "    ");
    format!(
        r#"# bash completion for nfacct
_nfacct() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} command='' names=0 netns=() words=() word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
        -n | --netns) netns=(--netns "${{COMP_WORDS[i + 1]}}"); ((i++)) ;;
        -*) ;;
        *) [[ $command ]] || command=${{COMP_WORDS[i]}} ;;
        esac
    done
    case $command in
{cases}
    esac
    for word in "${{words[@]}}"; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
    if ((names)) && [[ $cur != -* ]]; then
        while IFS= read -r word; do
            printf -v word %q "$word"
            [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
        done < <(nfacct "${{netns[@]}}" __complete 2> /dev/null)
    fi
}}
complete -F _nfacct nfacct
"#
    )
}

fn zsh(first: &[String], all: &[Candidates]) -> String {
    let cases = cases(first, all, "    ");
    format!(
        r#"#compdef nfacct
_nfacct() {{
    local command='' names=0 i
    local -a words_before netns objects
    words_before=("${{(@)words[2,CURRENT-1]}}")
    for ((i = 1; i <= $#words_before; i++)); do
        case $words_before[i] in
        -n | --netns) netns=(--netns "$words_before[i+1]"); ((i++)) ;;
        -*) ;;
        *) [[ -n $command ]] || command=$words_before[i] ;;
        esac
    done
    local -a candidates
    () {{
        local -a words
        case $command in
{cases}
        esac
        candidates=($words)
    }}
    compadd -- $candidates
    if ((names)); then
        objects=("${{(@f)$(nfacct $netns __complete 2> /dev/null)}}")
        compadd -- ${{objects:#}}
    fi
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _nfacct "$@"
else
    compdef _nfacct nfacct
fi
"#
    )
}

fn fish(first: &[String], all: &[Candidates]) -> String {
    let mut lines = vec![
        "# fish completion for nfacct".to_owned(),
        "complete -c nfacct -f".to_owned(),
        format!("complete -c nfacct -n __fish_use_subcommand -a '{}'", first.join(" ")),
    ];
    for Candidates { command, words, names } in all {
        let seen = format!("complete -c nfacct -n '__fish_seen_subcommand_from {command}'");
        if !words.is_empty() {
            lines.push(format!("{seen} -a '{}'", words.join(" ")));
        }
        if *names {
            lines.push(format!("{seen} -a '(nfacct __complete 2> /dev/null)'"));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}
