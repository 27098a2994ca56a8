// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that `--file` names: a regular file is replaced in one step, everything else is written to.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt, fchown},
    },
    path::{Path, PathBuf},
};

/// As many symbolic links as the kernel follows.
const LINKS: usize = 40;

/// Puts a text into a file. A new file gets this mode; one that exists keeps its mode, and its owner if that is allowed.
pub(crate) fn write(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    match fs::metadata(path) {
        // A device, a FIFO, or what /dev/stdout is at the moment.
        Ok(found) if !found.is_file() => append(path, text),
        Ok(found) => match target(path)? {
            Some(file) => replace(&file, text, mode, Some(&found)),
            None => append(path, text),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = target(path)?.ok_or(error)?;
            replace(&file, text, mode, None)
        }
        Err(error) => Err(error),
    }
}

fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(text)
}

/// The file behind symbolic links. `None` if it is one that this process has open (`/dev/stdout`): its name is not the
/// file.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    const ELOOP: i32 = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        if fs::canonicalize(directory(&path))?.starts_with("/proc") {
            return Ok(None);
        }
        match fs::read_link(&path) {
            Ok(link) => path = directory(&path).join(link),
            // Not a link, or not there yet.
            Err(_) => return Ok(Some(path)),
        }
    }
    Err(io::Error::from_raw_os_error(ELOOP))
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Replaces a file so that there is either the old or the new one at any time, even after a crash.
fn replace(path: &Path, text: &[u8], mode: u32, old: Option<&Metadata>) -> io::Result<()> {
    let (temporary, file) = create_beside(path, mode)?;
    let written = fill(file, text, old).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    // The new name must survive a crash too.
    File::open(directory(path))?.sync_all()
}

/// A new file in the same directory, under a name that nobody can foresee.
fn create_beside(path: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    // A name may have 255 bytes.
    let name = String::from_utf8_lossy(name.as_bytes())
        .chars()
        .take(50)
        .collect::<String>();
    let number = RandomState::new().hash_one(path);
    let temporary = directory(path).join(format!(".{name}.{number:016x}"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&temporary)?;
    Ok((temporary, file))
}

fn fill(mut file: File, text: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    if let Some(old) = old {
        // Only root can give files away. Without that the file belongs to the caller, like any file that he makes.
        let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text)?;
    file.sync_all()
}
