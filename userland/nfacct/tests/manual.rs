// SPDX-License-Identifier: MIT OR Apache-2.0
//! The man page is written by hand; nothing may be missing from it.

#![allow(clippy::unwrap_used)] // A test may fail.

mod common;

use common::nfacct;
use fake_kernel::FakeKernel;

const MANUAL: &str = include_str!("../man/nfacct.8");

fn help(args: &[&str]) -> String {
    nfacct(args).on(&FakeKernel::new()).stdout().to_owned()
}

/// Words that begin lines of the help, up to an empty line after a title.
fn section<'a>(help: &'a str, title: &str) -> Vec<&'a str> {
    help.lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn every_command_and_option_is_explained() {
    let main = help(&["--help"]);
    let commands = section(&main, "Commands:");
    assert!(commands.len() >= 14, "{commands:?}");
    let mut options = 0;
    for command in commands {
        let title = format!("\n.SS {command}");
        let chapter = MANUAL.split(&title).nth(1);
        // flush is explained among the commands of nfacct 1.0.2 and has no option of its own.
        let chapter = match chapter {
            None if command == "flush" => continue,
            other => other.unwrap_or_else(|| panic!("no chapter about {command}")),
        };
        let end = chapter.find("\n.SS ").or(chapter.find("\n.SH ")).unwrap();
        let text = help(&["--help", command]);
        for option in text.split_whitespace().filter(|word| word.starts_with("--")) {
            let name = option.trim_end_matches([',', ']', '>', ')', '.']);
            let name = name.split(['|', '=']).next().unwrap();
            if ["--netns", "--json", "--help"].contains(&name) {
                continue;
            }
            options += 1;
            let escaped = name.replace('-', "\\-");
            assert!(chapter[..end].contains(&escaped), "{command}: {name} is not explained");
        }
    }
    assert!(options > 20, "{options}");
}

#[test]
fn every_exit_code_is_explained() {
    let status = MANUAL.split("\n.SH EXIT STATUS\n").nth(1).unwrap();
    let status = status.split("\n.SH ").next().unwrap();
    for code in [0, 1, 2, 3, 4, 5, 6, 7] {
        assert!(status.contains(&format!("\n.B {code}\n")), "{code}");
    }
    assert!(status.contains("\n.BR 129 \", \" 130 \", \" 143\n"));
}
