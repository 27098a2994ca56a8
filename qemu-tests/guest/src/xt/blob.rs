// SPDX-License-Identifier: GPL-2.0-only
//! The `filter` table of `ip_tables` and `ip6_tables` as bytes.

/// Which of the two table implementations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `ip_tables`.
    V4,
    /// `ip6_tables`.
    V6,
}

impl Family {
    /// Size of an entry's fixed part.
    const fn entry(self) -> usize {
        match self {
            Self::V4 => 112,
            Self::V6 => 168,
        }
    }

    /// Offset of the two 16-bit offsets inside an entry.
    const fn offsets(self) -> usize {
        match self {
            Self::V4 => 88,
            Self::V6 => 140,
        }
    }
}

/// The built-in chains that tests use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// INPUT.
    In,
    /// OUTPUT.
    Out,
}

/// What a rule does with a packet that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Goes on with the next rule.
    Continue,
    /// Drops the packet.
    Drop,
}

/// A match inside a rule.
#[derive(Clone, Debug)]
pub struct Match {
    /// Extension name.
    pub name: &'static str,
    /// Extension revision.
    pub revision: u8,
    /// Private data.
    pub data: Vec<u8>,
}

impl Match {
    /// The accounting match: 32 bytes of name, 8 for the kernel's pointer.
    ///
    /// The name is not terminated if it fills all 32 bytes.
    pub fn nfacct(revision: u8, name: &[u8]) -> Self {
        let mut data = name.to_vec();
        data.resize(40, 0);
        Self {
            name: "nfacct",
            revision,
            data,
        }
    }
}

/// A rule in one of the built-in chains.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its chain.
    pub hook: Hook,
    /// Its matches, all of which must agree.
    pub matches: Vec<Match>,
    /// What follows.
    pub verdict: Verdict,
}

impl Rule {
    /// A rule that only counts.
    pub fn count(hook: Hook, revision: u8, name: &str) -> Self {
        Self {
            hook,
            matches: vec![Match::nfacct(revision, name.as_bytes())],
            verdict: Verdict::Continue,
        }
    }
}

/// A whole table: entries and where its chains begin and end.
#[derive(Debug, Default)]
pub struct Table {
    /// The entries, one behind the other.
    pub entries: Vec<u8>,
    /// How many.
    pub count: u32,
    /// First entry of each of the five hooks.
    pub starts: [u32; 5],
    /// Policy entry of each of the five hooks.
    pub policies: [u32; 5],
}

/// Bit mask of the hooks of the filter table.
pub const VALID_HOOKS: u32 = 0b01110;

fn match_bytes(m: &Match) -> Vec<u8> {
    let size = (32 + m.data.len()).next_multiple_of(8);
    let mut out = (size as u16).to_ne_bytes().to_vec();
    out.extend_from_slice(m.name.as_bytes());
    out.resize(31, 0);
    out.push(m.revision);
    out.extend_from_slice(&m.data);
    out.resize(size, 0);
    out
}

fn standard_target(verdict: i32) -> Vec<u8> {
    let mut out = 40u16.to_ne_bytes().to_vec();
    out.resize(32, 0);
    out.extend(verdict.to_ne_bytes());
    out.resize(40, 0);
    out
}

fn error_target() -> Vec<u8> {
    let mut out = 64u16.to_ne_bytes().to_vec();
    out.extend_from_slice(b"ERROR");
    out.resize(32, 0);
    out.extend_from_slice(b"ERROR");
    out.resize(64, 0);
    out
}

impl Table {
    /// The filter table with the given rules and accepting policies.
    pub fn build(family: Family, rules: &[Rule]) -> Self {
        const ACCEPT: i32 = -2;
        let mut table = Self::default();
        for (number, hook) in [(1, Some(Hook::In)), (2, None), (3, Some(Hook::Out))] {
            table.starts[number] = table.entries.len() as u32;
            for rule in rules.iter().filter(|r| Some(r.hook) == hook) {
                table.rule(family, rule);
            }
            table.policies[number] = table.entries.len() as u32;
            table.push(family, &[], &standard_target(ACCEPT));
        }
        table.push(family, &[], &error_target());
        table
    }

    fn rule(&mut self, family: Family, rule: &Rule) {
        let matches: Vec<u8> = rule.matches.iter().flat_map(match_bytes).collect();
        let verdict = match rule.verdict {
            Verdict::Drop => -1,
            // A jump to the entry behind this one.
            Verdict::Continue => {
                let next = self.entries.len() + family.entry() + matches.len() + 40;
                i32::try_from(next).expect("small table")
            }
        };
        self.push(family, &matches, &standard_target(verdict));
    }

    fn push(&mut self, family: Family, matches: &[u8], target: &[u8]) {
        let target_offset = family.entry() + matches.len();
        let next_offset = target_offset + target.len();
        let mut entry = vec![0; family.entry()];
        let at = family.offsets();
        entry[at..at + 2].copy_from_slice(&(target_offset as u16).to_ne_bytes());
        entry[at + 2..at + 4].copy_from_slice(&(next_offset as u16).to_ne_bytes());
        self.entries.extend(entry);
        self.entries.extend_from_slice(matches);
        self.entries.extend_from_slice(target);
        self.count += 1;
    }
}

/// The private data of every match called `name`, in order.
pub fn match_data(family: Family, entries: &[u8], name: &str) -> Vec<Vec<u8>> {
    let u16_at = |at: usize| usize::from(u16::from_ne_bytes([entries[at], entries[at + 1]]));
    let mut out = Vec::new();
    let mut entry = 0;
    while entry < entries.len() {
        let target = entry + u16_at(entry + family.offsets());
        let mut at = entry + family.entry();
        while at < target {
            let size = u16_at(at);
            let label = entries[at + 2..at + 31].split(|b| *b == 0).next();
            if label == Some(name.as_bytes()) {
                out.push(entries[at + 32..at + size].to_vec());
            }
            at += size;
        }
        entry += u16_at(entry + family.offsets() + 2);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_an_empty_table() {
        // Three policies and the error entry.
        let v4 = Table::build(Family::V4, &[]);
        assert_eq!((v4.count, v4.entries.len()), (4, 3 * 152 + 176));
        let v6 = Table::build(Family::V6, &[]);
        assert_eq!((v6.count, v6.entries.len()), (4, 3 * 208 + 232));
        assert_eq!(v4.starts, v4.policies);
    }

    #[test]
    fn rules_are_found_again() {
        let rules = [
            Rule::count(Hook::Out, 1, "b"),
            Rule::count(Hook::In, 0, "a"),
        ];
        let table = Table::build(Family::V4, &rules);
        let data = match_data(Family::V4, &table.entries, "nfacct");
        assert_eq!(data.len(), 2);
        assert_eq!(data[0].len(), 40);
        assert_eq!((data[0][0], data[1][0]), (b'a', b'b'));
        assert!(table.policies[1] > table.starts[1]);
        assert_eq!(table.policies[2], table.starts[2]);
    }

    #[test]
    fn unterminated_names_fill_the_field() {
        assert_eq!(Match::nfacct(0, &[b'x'; 32]).data.len(), 40);
    }
}
