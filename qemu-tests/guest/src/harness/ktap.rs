// SPDX-License-Identifier: GPL-2.0-only
//! The lines of the result stream (KTAP version 1).

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All checks held.
    Passed,
    /// A check failed, or the test crashed or hung.
    Failed,
    /// It does not apply here.
    Skipped(String),
}

/// The two lines that open the stream.
pub fn opening(count: usize) -> String {
    format!("KTAP version 1\n1..{count}\n")
}

/// The result line of test number `number`.
pub fn result(number: usize, id: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => format!("ok {number} - {id}\n"),
        Outcome::Failed => format!("not ok {number} - {id}\n"),
        Outcome::Skipped(why) => format!("ok {number} - {id} # SKIP {why}\n"),
    }
}

/// A diagnostic: every line of the text as a comment.
pub fn comment(text: &str) -> String {
    text.lines()
        .fold(String::new(), |out, line| out + "# " + line + "\n")
}

/// An observation, the material of the comparison between stacks.
pub fn observation(id: &str, step: &str, value: &str) -> String {
    format!("#obs {id} {step} {}\n", escape(value))
}

/// Keeps a value on one line of printable ASCII.
pub fn escape(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            ' '..='[' | ']'..='~' => vec![c],
            _ => c.escape_default().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results() {
        assert_eq!(opening(3), "KTAP version 1\n1..3\n");
        assert_eq!(result(1, "a.b", &Outcome::Passed), "ok 1 - a.b\n");
        assert_eq!(result(2, "a.b", &Outcome::Failed), "not ok 2 - a.b\n");
        assert_eq!(
            result(3, "a.b", &Outcome::Skipped("why".into())),
            "ok 3 - a.b # SKIP why\n"
        );
    }

    #[test]
    fn values_stay_on_one_line() {
        assert_eq!(
            observation("a.b", "s", "x\ny\\\u{e9}"),
            "#obs a.b s x\\ny\\\\\\u{e9}\n"
        );
        assert_eq!(comment("a\nb"), "# a\n# b\n");
    }
}
