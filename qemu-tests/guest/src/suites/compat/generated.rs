// SPDX-License-Identifier: GPL-2.0-only
//! Many more commands, made from the words of the grammar by a generator with a fixed seed.
//!
//! Left out is only what `DIFFERENCES.md` lists: options, patterns, the empty option, names that JSON or XML must
//! escape, and lines of `restore` that only our program takes.

use super::side::Side;
use super::verdict::Score;
use crate::harness::Test;

/// How many command lines are compared.
const COMMANDS: usize = 300;
/// How many inputs of `restore` are compared.
const RESTORES: usize = 100;

const COMMAND: [&str; 9] = ["list", "add", "delete", "get", "flush", "version", "help", "restore", "monitor"];
const NAMES: [&str; 8] = [
    "a", "b", "web", "with blank", "list", "xml", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "q:1",
];
const WORDS: [&str; 18] = [
    "reset", "xml", "json", "counters", "bytes-quota", "pkts-quota", "overquota", "r", "x", "j", "o", "pkts-quotas",
    "byte", "packet", "bytes", "quota", "RESET", "5",
];
const NUMBERS: [&str; 12] = [
    "0", "1", "+7", "-1", "10k", "0x10", "abc", " 5", "1.5", "18446744073709551616", "99999999999999999999", "",
];
const INPUT: &[u8] = b"{ pkts = 1, bytes = 2 } = a;\n{ pkts = 3, bytes = 4 } = restored;\n";

/// A small generator of numbers (xorshift): the same ones in every run.
struct Choice(u64);

impl Choice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("48 bits") % limit
    }

    fn of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A command line: a word, perhaps shortened or misspelt, and some arguments.
fn command_line(choice: &mut Choice) -> Vec<String> {
    let word = choice.of(&COMMAND);
    // The monitor never ends; its refusals are those of unknown words.
    let word = if word == "monitor" { "monitors" } else { word };
    let mut spelt = word[..=choice.below(word.len())].to_owned();
    if "monitor".starts_with(&spelt) {
        spelt.push('!');
    }
    if choice.below(20) == 0 {
        spelt = spelt.to_uppercase();
    }
    let mut words = vec!["nfacct".to_owned(), spelt];
    if word == "list" {
        words.extend((0..choice.below(4)).map(|_| choice.of(&WORDS).to_owned()));
        return words;
    }
    if choice.below(12) > 0 {
        words.push(choice.of(&NAMES).to_owned());
    }
    if word == "add" && choice.below(2) == 0 {
        words.push(choice.of(&["byte", "packet", "bytes", "b"]).to_owned());
        if choice.below(8) > 0 {
            words.push(choice.of(&NUMBERS).to_owned());
        }
    } else if word == "get" {
        words.extend((0..choice.below(3)).map(|_| choice.of(&WORDS).to_owned()));
    } else if choice.below(8) == 0 {
        words.push(choice.of(&WORDS).to_owned());
    }
    words
}

/// What the C tool should have written where it wants to write JSON.
fn with_colons(json: &str) -> String {
    json.replace("\"mode\" = ", "\"mode\" : ").replace("\"overquota\" = ", "\"overquota\" : ")
}

pub fn commands(t: &mut Test) {
    let mut choice = Choice(0x6e66_6163_6374);
    let sides = [Side::theirs(), Side::ours()];
    let mut score = Score::default();
    for _ in 0..COMMANDS {
        let argv: Vec<Vec<u8>> = command_line(&mut choice).into_iter().map(Vec::from).collect();
        let [mut theirs, ours] = sides.each_ref().map(|side| side.run(&argv, INPUT, true));
        theirs.outcome.stdout = with_colons(&theirs.outcome.stdout);
        score.judge_equal(&argv, &theirs, &ours);
    }
    score.finish(t, (COMMANDS, 0));
}

/// Some lines of the default format with mistakes that both programs must see in the same way.
fn input(choice: &mut Choice) -> String {
    (0..=choice.below(4)).map(|_| line(choice)).collect()
}

fn line(choice: &mut Choice) -> String {
    const GAPS: [&str; 6] = [" ", " ", " ", "", "  ", "\t"];
    const STARTS: [&str; 7] = [
        "{ pkts", "{ pkts", "{ pkts", "{pkts", " { pkts", "{ bytes", "",
    ];
    const ENDS: [&str; 7] = [";\n", ";\n", ";\n", "; tail\n", ";\r\n", "\n", ";"];
    let name = choice.of(&["a", "b", "c", "web", "x:y", NAMES[6], ""]);
    let (packets, bytes) = (choice.of(&NUMBERS), choice.of(&["0", "7", "100", "x"]));
    let (start, end) = (choice.of(&STARTS), choice.of(&ENDS));
    let (before, after) = (choice.of(&GAPS), choice.of(&GAPS));
    let quota = match choice.below(3) {
        0 => {
            let mode = choice.of(&["byte", "packet", "bits"]);
            format!(", quota = {}, mode = {mode} ", choice.of(&NUMBERS))
        }
        _ => String::new(),
    };
    format!("{start}{before}={after}{packets},{before}bytes = {bytes}{quota}{after}}}{before}= {name}{end}")
}

pub fn restores(t: &mut Test) {
    let mut choice = Choice(0x7265_7374_6f72);
    let sides = [Side::theirs(), Side::ours()];
    let [restore, list, flush] =
        ["restore", "list", "flush"].map(|word| vec![b"nfacct".to_vec(), word.into()]);
    let mut score = Score::default();
    for _ in 0..RESTORES {
        let text = input(&mut choice);
        let shown = vec![text.clone().into_bytes()];
        let [theirs, ours] = sides.each_ref().map(|side| side.run(&restore, text.as_bytes(), true));
        score.judge_equal(&shown, &theirs, &ours);
        let next = if choice.below(3) == 0 { &flush } else { &list };
        let [theirs, ours] = sides.each_ref().map(|side| side.run(next, b"", true));
        score.judge_equal(next, &theirs, &ours);
    }
    score.finish(t, (2 * RESTORES, 0));
}
