// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the commands are asked to do.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A job.
pub(crate) struct Job {
    pub(crate) name: &'static str,
    /// Separated by blanks; `LAST` is the name of the newest object.
    words: &'static str,
    /// The largest allowed ratio of the CPU times, ours to theirs.
    pub(crate) limit: Option<f64>,
    /// Only our command can do it.
    pub(crate) modern: bool,
    /// Starts with an empty table and fills it.
    pub(crate) fills: bool,
    input: Input,
}

/// What a job reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    None,
    /// Lines as `list` prints them.
    Listed,
    /// The same objects as `save` writes them.
    Saved,
}

const fn both(name: &'static str, words: &'static str, limit: Option<f64>) -> Job {
    Job {
        name,
        words,
        limit,
        modern: false,
        fills: false,
        input: Input::None,
    }
}

const fn ours(name: &'static str, words: &'static str) -> Job {
    Job {
        modern: true,
        ..both(name, words, None)
    }
}

/// All jobs in their order: `restore` leaves the objects behind that the others need.
pub(crate) const JOBS: [Job; 9] = [
    both("start (version)", "version", Some(2.0)),
    Job {
        fills: true,
        input: Input::Saved,
        ..ours("restore of save", "restore")
    },
    Job {
        fills: true,
        input: Input::Listed,
        ..both("restore", "restore", Some(0.5))
    },
    both("list", "list", Some(0.6)),
    both("get of the last", "get LAST", None),
    ours("list --json", "list --json"),
    ours("save", "save"),
    ours("watch --once", "watch --once --interval 0.01"),
    ours("export", "export --prometheus"),
];

impl Job {
    pub(crate) fn arguments(&self, objects: u32) -> Vec<String> {
        let word = |word| match word {
            "LAST" => name(objects - 1),
            word => word.to_owned(),
        };
        self.words.split(' ').map(word).collect()
    }

    pub(crate) fn input<'a>(&self, files: &'a Files) -> Option<&'a Path> {
        match self.input {
            Input::None => None,
            Input::Listed => Some(&files.listed),
            Input::Saved => Some(&files.saved),
        }
    }
}

fn name(number: u32) -> String {
    format!("object-{number:06}")
}

/// The inputs; they go away with this.
pub(crate) struct Files {
    directory: PathBuf,
    listed: PathBuf,
    saved: PathBuf,
}

impl Files {
    pub(crate) fn new(objects: u32) -> io::Result<Self> {
        let directory = env::temp_dir().join(format!("nfacct-bench-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let files = Self {
            listed: directory.join("listed"),
            saved: directory.join("saved"),
            directory,
        };
        let mut listed = io::BufWriter::new(fs::File::create(&files.listed)?);
        let mut saved = io::BufWriter::new(fs::File::create(&files.saved)?);
        writeln!(saved, "# nfacct save 1")?;
        for number in 0..objects {
            let (name, bytes) = (name(number), u64::from(number) * 100);
            writeln!(listed, "{{ pkts = {number:020}, bytes = {bytes:020} }} = {name};")?;
            writeln!(saved, "add \"{name}\" packets={number} bytes={bytes}")?;
        }
        writeln!(saved, "end {objects}")?;
        listed.flush()?;
        saved.flush()?;
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // It lies among temporary files.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
