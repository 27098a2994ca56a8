// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can go wrong in a command, and how it is told: in the words of the C tool, in our own, or as JSON.

use std::io;

use nfacct_netlink::{Error as KernelError, NameError, SocketStep, strerror};

use crate::{Exit, legacy::Refusal, output::json, signals::Signal};

/// Every line that the C tool writes to stderr begins with this.
const PREFIX: &str = "nfacct v1.0.2: ";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments are not what the grammar of nfacct 1.0.2 allows.
    #[error("wrong arguments")]
    Arguments(#[from] Refusal),
    /// The arguments are well-formed, but make no sense together.
    #[error("{0}")]
    Usage(String),
    /// Some bytes cannot name an object.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The kernel or the way to it.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The kernel refused something for this object.
    #[error("{name}: {source}")]
    Object {
        /// Its name, fit for a terminal.
        name: String,
        /// The refusal.
        source: KernelError,
    },
    /// Several things went wrong; none of them kept the others from being tried.
    #[error("{}", several(.0))]
    Several(Vec<Error>),
    /// The object exists, but is not what was asked for.
    #[error("{0}")]
    Conflict(String),
    /// A line of the input of `restore`.
    #[error("{what}{}", if *out_of_range { ": Numerical result out of range" } else { "" })]
    Line {
        /// What the C tool calls it.
        what: &'static str,
        /// A number in it was too large.
        out_of_range: bool,
    },
    /// Lines of the input of the modern `restore`, with their numbers; 0 is the whole input.
    #[error("{}", lines(.0))]
    Lines(Vec<(usize, String)>),
    /// Standard input cannot be read.
    #[error("cannot read the input: {}", text(.0))]
    Input(#[source] io::Error),
    /// So many checks of `doctor` failed.
    #[error("{0} checks failed")]
    Unhealthy(usize),
    /// The address of `serve` cannot be used.
    #[error("cannot listen: {}", text(.0))]
    Listen(#[source] io::Error),
    /// Standard output cannot be written.
    #[error("cannot write the output: {}", text(.0))]
    Output(#[source] io::Error),
    /// Counters were reset in the kernel, but could not be written: here they are.
    #[error(
        "cannot write the output: {}; {objects} objects were reset, and this part of the output is missing:",
        text(source)
    )]
    Lost {
        /// How writing failed.
        source: io::Error,
        /// How many objects were reset in all.
        objects: usize,
        /// The output that was not written.
        unwritten: Vec<u8>,
    },
    /// A signal came while counters were being reset; all of them were written.
    #[error("interrupted; the output above is complete: {objects} objects were reset")]
    Interrupted {
        /// How many objects were reset.
        objects: usize,
        /// Which signal.
        signal: Signal,
    },
    /// A signal came while objects were being replaced; all of them are there.
    #[error("interrupted; the restore is complete")]
    Restored(Signal),
}

impl Error {
    /// The refusal of something for an object.
    pub(crate) fn object(name: impl AsRef<[u8]>) -> impl FnOnce(KernelError) -> Self {
        let name = name.as_ref().escape_ascii().to_string();
        move |source| Self::Object { name, source }
    }

    /// Says which object it was about, if the kernel refused something.
    pub(crate) fn about(self, name: impl AsRef<[u8]>) -> Self {
        match self {
            Self::Kernel(source @ KernelError::Kernel(_)) => Self::object(name)(source),
            other => other,
        }
    }

    /// The exit code of the old command line.
    pub(crate) fn legacy_exit(&self) -> Exit {
        match self {
            Self::Interrupted { signal, .. } | Self::Restored(signal) => (*signal).into(),
            Self::Several(errors) => errors
                .iter()
                .map(Self::legacy_exit)
                .find(|exit| exit.is_signal())
                .unwrap_or(Exit::Failure),
            _ => Exit::Failure,
        }
    }

    /// The exit code of the modern command line.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Arguments(_) | Self::Usage(_) | Self::Name(_) => Exit::Usage,
            Self::Kernel(error) | Self::Object { source: error, .. } => kernel_exit(error),
            // What happened to counts that exist nowhere else is more important than why.
            Self::Several(errors) => errors
                .iter()
                .map(Self::exit)
                .find(|exit| *exit == Exit::Lost || exit.is_signal())
                .or(errors.first().map(Self::exit))
                .unwrap_or(Exit::Failure),
            Self::Conflict(_) => Exit::Busy,
            Self::Lost { .. } => Exit::Lost,
            Self::Interrupted { signal, .. } | Self::Restored(signal) => (*signal).into(),
            Self::Line { .. }
            | Self::Lines(_)
            | Self::Input(_)
            | Self::Listen(_)
            | Self::Output(_)
            | Self::Unhealthy(_) => Exit::Failure,
        }
    }

    /// What goes to stderr, in the words of the C tool where it has any.
    pub(crate) fn legacy_report(&self) -> Vec<u8> {
        match self {
            Self::Arguments(refusal) => refusal.report(),
            Self::Kernel(error) => message(format!("{}: {}", step(error), strerror(error.errno()))),
            Self::Input(error) => message(format!("error reading input: {}", text(error))),
            Self::Output(error) => message(format!("error writing output: {}", text(error))),
            Self::Several(errors) => errors.iter().flat_map(Self::legacy_report).collect(),
            Self::Lost {
                source,
                objects,
                unwritten,
            } => {
                let mut report = message(format!(
                    "error writing output: {}\n{objects} objects were reset; this part of the output was not written:",
                    text(source)
                ));
                report.extend(unwritten);
                report
            }
            other => message(other.to_string()),
        }
    }

    /// What goes to stderr from the modern command line.
    pub(crate) fn report(&self, as_json: bool) -> Vec<u8> {
        let mut report = Vec::new();
        if as_json {
            json::push_error(&mut report, &self.to_string(), self.exit());
        } else {
            for line in self.to_string().lines() {
                report.extend(format!("nfacct: {line}\n").as_bytes());
            }
            if let Some(hint) = self.hint() {
                report.extend(format!("hint: {hint}\n").as_bytes());
            }
        }
        report.extend(self.unwritten());
        report
    }

    /// Output that exists nowhere but here.
    fn unwritten(&self) -> &[u8] {
        match self {
            Self::Lost { unwritten, .. } => unwritten,
            Self::Several(errors) => errors
                .iter()
                .map(Self::unwritten)
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
            _ => &[],
        }
    }

    fn hint(&self) -> Option<&'static str> {
        const EINVAL: i32 = 22;
        if let Self::Several(errors) = self {
            return errors.iter().find_map(Self::hint);
        }
        let (Self::Kernel(error) | Self::Object { source: error, .. }) = self else {
            return None;
        };
        match (error, self.exit()) {
            (KernelError::Socket { step, .. }, Exit::Permission) if *step == SocketStep::Namespace => {
                Some("going to another network namespace needs CAP_SYS_ADMIN")
            }
            (_, Exit::Permission) => Some("the kernel wants CAP_NET_ADMIN for every request; try it as root"),
            (KernelError::Kernel(refusal), _) if refusal.errno == EINVAL => {
                Some("\"nfacct doctor\" tells whether the kernel lacks something")
            }
            _ => None,
        }
    }

    /// Is the namespace the problem, and not what was to be done there?
    pub(crate) fn is_about_namespace(&self) -> bool {
        matches!(
            self,
            Self::Kernel(KernelError::Socket {
                step: SocketStep::Namespace,
                ..
            })
        )
    }

    /// Did the reader of our output leave? Then it has seen enough, and all is well.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// One line per error.
fn several(errors: &[Error]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

/// One line per line.
fn lines(lines: &[(usize, String)]) -> String {
    let texts: Vec<String> = lines
        .iter()
        .map(|(number, what)| match number {
            0 => what.clone(),
            number => format!("line {number} {what}"),
        })
        .collect();
    texts.join("\n")
}

fn kernel_exit(error: &KernelError) -> Exit {
    const EPERM: i32 = 1;
    const ENOENT: i32 = 2;
    const EACCES: i32 = 13;
    const EBUSY: i32 = 16;
    const EEXIST: i32 = 17;
    match error {
        KernelError::DumpInterrupted | KernelError::Overrun | KernelError::Truncated { .. } => Exit::Incomplete,
        KernelError::Socket {
            step: SocketStep::Namespace,
            source,
        } if source.kind() == io::ErrorKind::NotFound => Exit::Usage,
        error => match error.errno() {
            EPERM | EACCES => Exit::Permission,
            ENOENT => Exit::NotFound,
            EBUSY | EEXIST => Exit::Busy,
            _ => Exit::Failure,
        },
    }
}

/// The text of an error, without the number that the standard library adds.
fn text(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), strerror)
}

/// One line for stderr.
pub(crate) fn message(text: impl AsRef<[u8]>) -> Vec<u8> {
    [PREFIX.as_bytes(), text.as_ref(), b"\n"].concat()
}

/// The C tool names the libmnl call that failed; what the kernel answers is plainly an "error".
fn step(error: &KernelError) -> &'static str {
    match error {
        KernelError::Socket { step, .. } => match step {
            SocketStep::Open => "mnl_socket_open",
            SocketStep::Bind => "mnl_socket_bind",
            SocketStep::Send => "mnl_socket_send",
            _ => "error",
        },
        _ => "error",
    }
}
