// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines of the input, as `fgets` of the C tool delivers them.

use std::io::BufRead;

use crate::error::Error;

/// The C tool reads lines into a buffer of 512 bytes; a longer line counts as several.
const LINE_MAX: usize = 511;

/// Reads up to the end of the line or [`LINE_MAX`] bytes; `None` at the end of the input.
pub(super) fn read_line(input: &mut dyn BufRead) -> Result<Option<Vec<u8>>, Error> {
    let mut line = Vec::new();
    while line.len() < LINE_MAX {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other.map_err(Error::Input)?,
        };
        let room = LINE_MAX - line.len();
        let chunk: &[u8] = available.get(..room).unwrap_or(available);
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|&b| b == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(chunk.len());
        line.extend(chunk.iter().take(used));
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok((!line.is_empty()).then_some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut() {
        let input = [vec![b'x'; 600], b"\ny\nlast".to_vec()].concat();
        let mut input = std::io::BufReader::with_capacity(7, &input[..]);
        let mut lens = Vec::new();
        while let Some(line) = read_line(&mut input).unwrap() {
            lens.push(line.len());
        }
        assert_eq!(lens, [511, 90, 2, 4]);
    }
}
