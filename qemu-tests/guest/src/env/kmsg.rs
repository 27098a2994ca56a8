// SPDX-License-Identifier: GPL-2.0-only
//! Reading the kernel log from a point in time on.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

/// The kernel log from the moment of opening.
pub struct Kmsg {
    file: File,
}

impl Kmsg {
    /// Starts listening.
    pub fn open() -> Self {
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/kmsg")
            .expect("/dev/kmsg");
        file.seek(SeekFrom::End(0)).expect("seek /dev/kmsg");
        Self { file }
    }

    /// The lines logged since the last call, in the log's own escaping.
    pub fn lines(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        let mut record = [0u8; 8192];
        loop {
            match self.file.read(&mut record) {
                Ok(got) => {
                    let text = String::from_utf8_lossy(&record[..got]);
                    out.push(message(&text).to_string());
                }
                // The reader fell behind; what follows is still of use.
                Err(e) if e.kind() == ErrorKind::BrokenPipe => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return out,
                Err(e) => panic!("/dev/kmsg: {e}"),
            }
        }
    }
}

/// The text of a record, without its prefix and dictionary.
fn message(record: &str) -> &str {
    let text = record.split_once(';').map_or(record, |(_, text)| text);
    text.split('\n').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn takes_the_text_of_a_record() {
        assert_eq!(message("6,1,2,-;a; b\n SUBSYSTEM=x\n"), "a; b");
    }
}
