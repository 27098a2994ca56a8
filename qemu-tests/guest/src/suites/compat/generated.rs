// SPDX-License-Identifier: GPL-2.0-only
//! Many more commands, made from the words of the grammar by a generator.
//!
//! Left out is only what `DIFFERENCES.md` lists: options, patterns, the empty option, names that JSON or XML must
//! escape, and lines of `restore` that only our program takes.

use super::side::Side;
use super::verdict::Score;
use crate::harness::Test;
use crate::wire::fuzz::Random;

/// How many command lines a short run compares.
const COMMANDS: u64 = 300;
/// How many inputs of `restore` a short run compares.
const RESTORES: u64 = 100;

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

/// A command line: a word, perhaps shortened or misspelt, and some arguments.
fn command_line(random: &mut Random) -> Vec<String> {
    let word = random.pick(&COMMAND);
    // The monitor never ends; its refusals are those of unknown words.
    let word = if word == "monitor" { "monitors" } else { word };
    let len = 1 + random.below(word.len() as u64) as usize;
    let mut spelt = word[..len].to_owned();
    if "monitor".starts_with(&spelt) {
        spelt.push('!');
    }
    if random.below(20) == 0 {
        spelt = spelt.to_uppercase();
    }
    let mut words = vec!["nfacct".to_owned(), spelt];
    if word == "list" {
        words.extend((0..random.below(4)).map(|_| random.pick(&WORDS).to_owned()));
        return words;
    }
    if random.below(12) > 0 {
        words.push(random.pick(&NAMES).to_owned());
    }
    if word == "add" && random.below(2) == 0 {
        words.push(random.pick(&["byte", "packet", "bytes", "b"]).to_owned());
        if random.below(8) > 0 {
            words.push(random.pick(&NUMBERS).to_owned());
        }
    } else if word == "get" {
        words.extend((0..random.below(3)).map(|_| random.pick(&WORDS).to_owned()));
    } else if random.below(8) == 0 {
        words.push(random.pick(&WORDS).to_owned());
    }
    words
}

/// What the C tool should have written where it wants to write JSON.
fn with_colons(json: &str) -> String {
    json.replace("\"mode\" = ", "\"mode\" : ").replace("\"overquota\" = ", "\"overquota\" : ")
}

pub fn commands(t: &mut Test) {
    let mut random = t.scale().random("command lines");
    let count = t.scale().of(COMMANDS, COMMANDS / 10, COMMANDS);
    let sides = [Side::theirs(), Side::ours()];
    let mut score = Score::default();
    for _ in 0..count {
        let argv: Vec<Vec<u8>> = command_line(&mut random).into_iter().map(Vec::from).collect();
        let [mut theirs, ours] = sides.each_ref().map(|side| side.run(&argv, INPUT, true));
        theirs.outcome.stdout = with_colons(&theirs.outcome.stdout);
        score.judge_equal(&argv, &theirs, &ours);
    }
    score.finish(t, (count, 0));
}

/// Some lines of the default format with mistakes that both programs must see in the same way.
fn input(random: &mut Random) -> String {
    (0..=random.below(4)).map(|_| line(random)).collect()
}

fn line(random: &mut Random) -> String {
    const GAPS: [&str; 6] = [" ", " ", " ", "", "  ", "\t"];
    const STARTS: [&str; 7] = [
        "{ pkts", "{ pkts", "{ pkts", "{pkts", " { pkts", "{ bytes", "",
    ];
    const ENDS: [&str; 7] = [";\n", ";\n", ";\n", "; tail\n", ";\r\n", "\n", ";"];
    let name = random.pick(&["a", "b", "c", "web", "x:y", NAMES[6], ""]);
    let (packets, bytes) = (random.pick(&NUMBERS), random.pick(&["0", "7", "100", "x"]));
    let (start, end) = (random.pick(&STARTS), random.pick(&ENDS));
    let (before, after) = (random.pick(&GAPS), random.pick(&GAPS));
    let quota = match random.below(3) {
        0 => {
            let mode = random.pick(&["byte", "packet", "bits"]);
            format!(", quota = {}, mode = {mode} ", random.pick(&NUMBERS))
        }
        _ => String::new(),
    };
    format!("{start}{before}={after}{packets},{before}bytes = {bytes}{quota}{after}}}{before}= {name}{end}")
}

pub fn restores(t: &mut Test) {
    let mut random = t.scale().random("inputs of restore");
    let count = t.scale().of(RESTORES, RESTORES / 10, RESTORES);
    let sides = [Side::theirs(), Side::ours()];
    let [restore, list, flush] =
        ["restore", "list", "flush"].map(|word| vec![b"nfacct".to_vec(), word.into()]);
    let mut score = Score::default();
    for _ in 0..count {
        let text = input(&mut random);
        let shown = vec![text.clone().into_bytes()];
        let [theirs, ours] = sides.each_ref().map(|side| side.run(&restore, text.as_bytes(), true));
        score.judge_equal(&shown, &theirs, &ours);
        let next = if random.below(3) == 0 { &flush } else { &list };
        let [theirs, ours] = sides.each_ref().map(|side| side.run(next, b"", true));
        score.judge_equal(next, &theirs, &ours);
    }
    score.finish(t, (2 * count, 0));
}
