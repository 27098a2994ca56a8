// SPDX-License-Identifier: GPL-2.0-only
//! Memory of objects, and the time that the modules take to load.

use std::ffi::CString;
use std::fs;

use crate::control::hash_name;
use crate::netlink::{batches, Request, Socket, PACKETS};
use crate::packet::FAR;
use crate::report::{cpu_time, figure, fresh_namespace, settle};

/// What an appended signature ends with, and what stands before that.
const SIGNATURE: &[u8] = b"~Module signature appended~\n";
const SIGNATURE_INFO: usize = 12;

/// Loads the modules, without a signature: the time to check one says nothing
/// about the module. Reports the processor time of all loads together.
pub fn load(files: &str) {
    let bodies: Vec<Vec<u8>> = files
        .split(',')
        .map(|file| unsigned(fs::read(file).expect(file)))
        .collect();
    settle();
    let mut spent = 0;
    for (body, file) in bodies.iter().zip(files.split(',')) {
        let parameters = CString::default();
        let before = cpu_time();
        // SAFETY: The image is valid for its length, the parameters are a C string.
        let ret = unsafe {
            libc::syscall(
                libc::SYS_init_module,
                body.as_ptr(),
                body.len(),
                parameters.as_ptr(),
            )
        };
        spent += cpu_time() - before;
        assert_eq!(ret, 0, "{file}: {}", std::io::Error::last_os_error());
    }
    figure("load", spent);
    figure("load.bytes", bodies.iter().map(Vec::len).sum::<usize>());
}

/// Takes the signature off a module.
fn unsigned(mut body: Vec<u8>) -> Vec<u8> {
    if let Some(rest) = body.strip_suffix(SIGNATURE) {
        let length = &rest[rest.len() - 4..];
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        body.truncate(rest.len() - SIGNATURE_INFO - length);
    }
    body
}

/// Memory in use.
pub struct Used {
    slab: i64,
    percpu: i64,
    large: i64,
}

impl Used {
    /// What is in use now, in bytes.
    pub fn now() -> Self {
        let meminfo = fs::read_to_string("/proc/meminfo").expect("meminfo");
        let field = |name: &str| {
            let line = meminfo
                .lines()
                .find(|l| l.starts_with(name))
                .expect("field");
            line.split_whitespace()
                .nth(1)
                .and_then(|n| n.parse::<i64>().ok())
                .expect("kB")
                * 1024
        };
        Self {
            slab: field("Slab:"),
            percpu: field("Percpu:"),
            large: field("VmallocUsed:"),
        }
    }

    /// Reports for each of `count` objects what is used more than `before`.
    pub fn report_since(&self, before: &Self, kind: &str, count: u32) {
        let each = |now: i64, before: i64| (now - before) as f64 / f64::from(count);
        figure(&format!("memory.{kind}.slab"), each(self.slab, before.slab));
        figure(
            &format!("memory.{kind}.percpu"),
            each(self.percpu, before.percpu),
        );
        figure(
            &format!("memory.{kind}.vmalloc"),
            each(self.large, before.large),
        );
    }
}

/// Measures what `count` objects take, in whole pages, large allocations included.
///
/// To be done first and once in a guest: what the kernel keeps of memory that was freed would be
/// used again unseen.
pub fn memory(kind: &str, count: u32) {
    fresh_namespace();
    let requests: Vec<_> = (0..count)
        .map(|n| match kind {
            "plain" => Request::add(&hash_name(n)),
            _ => Request::add_quota(&hash_name(n), PACKETS, FAR),
        })
        .collect();
    let adds = batches(&requests);
    let socket = Socket::open();
    settle();
    let before = Used::now();
    socket.send_all(&adds);
    settle();
    Used::now().report_since(&before, kind, count);
}
