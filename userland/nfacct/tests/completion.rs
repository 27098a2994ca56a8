// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completion: the bash script is really run, against a program that stands in for `nfacct`.

#![allow(clippy::unwrap_used)] // A test may fail.

mod common;

use std::process::Command;

use common::{argv, nfacct};
use fake_kernel::FakeKernel;
use nfacct::Exit;

fn script(shell: &str) -> String {
    let outcome = nfacct(&["completions", shell]).on(&FakeKernel::new());
    assert_eq!((outcome.exit, outcome.stderr()), (Exit::Success, ""));
    outcome.stdout().to_owned()
}

/// What bash offers for the last of these words. The objects are `http-in` and `with space`, in the network namespace
/// `blue` only `navy`.
fn offers(line: &[&str]) -> Vec<String> {
    let test = r#"
        nfacct() { if [[ $1 == --netns && $2 == blue ]]; then echo navy; else printf 'http-in\nwith space\n'; fi; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _nfacct
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["-c", &format!("{}{test}", script("bash")), "bash", "nfacct"])
        .args(line)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_offers_commands_options_and_names() {
    assert_eq!(offers(&["re"]), ["restore", "reset"]);
    assert_eq!(offers(&["--ver"]), ["--version"]);
    assert_eq!(offers(&["get", "h"]), ["http-in"]);
    assert_eq!(offers(&["delete", "w"]), ["with\\ space"]);
    assert_eq!(offers(&["list", "--so"]), ["--sort"]);
    assert_eq!(offers(&["list", "b"]), ["bytes-quota"]);
    assert_eq!(offers(&["--json", "restore", "--ex"]), ["--exist"]);
    assert_eq!(offers(&["flush", "h"]), Vec::<String>::new());
    assert_eq!(offers(&["--netns", "blue", "get", "n"]), ["navy"]);
    assert_eq!(offers(&["completions", "f"]), ["fish"]);
    assert!(!offers(&[""]).contains(&"__complete".to_owned()));
}

#[test]
fn every_command_is_in_every_script() {
    let help = nfacct(&["--help"]).on(&FakeKernel::new());
    let commands = help.stdout().lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let script = script(shell);
        for command in &commands {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn names_that_fit_on_a_line() {
    let kernel = FakeKernel::new();
    for name in [
        &b"http"[..],
        b"with space",
        b"nl\n",
        b"\x1b[2J",
        b"\xff",
        "é".as_bytes(),
    ] {
        let add = [b"nfacct".to_vec(), b"add".to_vec(), name.to_vec()];
        assert_eq!(argv(add).on(&kernel).exit, Exit::Success);
    }
    assert_eq!(nfacct(&["__complete"]).on(&kernel).stdout(), "http\nwith space\né\n");
}
