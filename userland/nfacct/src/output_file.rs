// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files that `--file` names: a regular file is replaced in one step, everything else is written to.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, IsTerminal, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt, fchown},
    },
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;

use crate::output::harmless;

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
    let mut file = OpenOptions::new().append(true).open(path)?;
    if file.is_terminal() {
        file.write_all(&harmless(text))
    } else {
        file.write_all(text)
    }
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
        let directory = directory(&path);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let place = fs::metadata(directory)?;
                if !trusted(found.uid(), place.uid(), place.mode(), geteuid().as_raw()) {
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                path = directory.join(fs::read_link(&path)?);
            }
            // Not a link, or not there yet.
            _ => return Ok(Some(path)),
        }
    }
    Err(io::Error::from_raw_os_error(ELOOP))
}

/// May a link be followed? In a directory like /tmp anyone can make one, to have us replace a file that only we can
/// reach. This is the rule of the kernel (`fs.protected_symlinks`), which cannot apply it here because we read the link
/// ourselves.
fn trusted(link: u32, directory: u32, mode: u32, me: u32) -> bool {
    const STICKY_AND_OPEN: u32 = 0o1002;
    mode & STICKY_AND_OPEN != STICKY_AND_OPEN || link == me || link == directory
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_others_in_open_directories_are_not_followed() {
        let (me, owner, other) = (0, 1, 2);
        for (link, mode, expected) in [
            (me, 0o1777, true),
            (owner, 0o1777, true),
            (other, 0o1777, false),
            (other, 0o0777, true),
            (other, 0o1775, true),
        ] {
            assert_eq!(trusted(link, owner, mode, me), expected, "{link} {mode:o}");
        }
    }
}
