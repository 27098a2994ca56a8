// SPDX-License-Identifier: MIT OR Apache-2.0
//! `doctor`: does accounting work here, and if not, what is to be done?

mod kernel;
mod system;

use crate::{Context, error::Error, output::json};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    /// Neither good nor bad.
    Info,
    /// Something does not work that is perhaps not needed.
    Warn,
    Fail,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A check.
#[derive(Debug)]
struct Check {
    /// Short name, stable.
    id: &'static str,
    status: Status,
    /// What was found.
    text: String,
    /// What to do about it.
    advice: Option<&'static str>,
}

impl Check {
    fn new(id: &'static str, status: Status, text: impl Into<String>) -> Self {
        Self {
            id,
            status,
            text: text.into(),
            advice: None,
        }
    }

    fn advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }
}

pub(crate) fn run(context: &mut Context<'_>, as_json: bool) -> Result<(), Error> {
    let mut checks = vec![system::capability(context.root)];
    checks.extend(kernel::checks(context));
    if context.netns.is_none() {
        checks.extend(system::legacy_tables(context.root));
    }
    let answers = checks
        .iter()
        .any(|check| check.id == "subsystem" && check.status == Status::Ok);
    checks.push(system::module(
        context.root,
        "module-nfnetlink_acct",
        "nfnetlink_acct",
        answers,
    ));
    checks.push(system::module(
        context.root,
        "module-xt_nfacct",
        "xt_nfacct",
        has_match(&checks),
    ));
    checks.push(front_end(&checks));

    let failed = checks.iter().filter(|check| check.status == Status::Fail).count();
    let mut text = Vec::new();
    if as_json {
        push_json(&mut text, &checks, failed == 0);
    } else {
        push_text(&mut text, &checks);
    }
    context.output.write_all(&text).map_err(Error::Output)?;
    if failed == 0 {
        Ok(())
    } else {
        Err(Error::Unhealthy(failed))
    }
}

/// Rules can come through nftables or through the legacy tables; one of them is enough.
fn has_match(checks: &[Check]) -> bool {
    checks
        .iter()
        .any(|check| (check.id.starts_with("nft-") || check.id.starts_with("legacy-")) && check.status == Status::Ok)
}

fn front_end(checks: &[Check]) -> Check {
    let allowed = |check: &Check| check.id != "capability" || check.status != Status::Fail;
    if !checks.iter().all(allowed) {
        Check::new(
            "match",
            Status::Warn,
            "whether rules can use -m nfacct is not known without CAP_NET_ADMIN",
        )
    } else if has_match(checks) {
        Check::new("match", Status::Ok, "rules can use -m nfacct")
    } else {
        Check::new("match", Status::Fail, "no kind of iptables can use -m nfacct")
            .advice("run \"modprobe xt_nfacct\"; the kernel needs CONFIG_NETFILTER_XT_MATCH_NFACCT")
    }
}

fn push_text(text: &mut Vec<u8>, checks: &[Check]) {
    let width = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
    for check in checks {
        let word = if check.status == Status::Fail {
            "FAIL"
        } else {
            check.status.word()
        };
        text.extend(format!("{word:4}  {:width$}  {}\n", check.id, check.text).as_bytes());
        if let Some(advice) = check.advice {
            text.extend(format!("{:4}  {:width$}  -> {advice}\n", "", "").as_bytes());
        }
    }
}

fn push_json(text: &mut Vec<u8>, checks: &[Check], healthy: bool) {
    text.extend(format!("{{\"schema\":\"{}\",\"healthy\":{healthy},\"checks\":[", json::SCHEMA).as_bytes());
    for (index, check) in checks.iter().enumerate() {
        text.extend(if index == 0 { &b"\n"[..] } else { b",\n" });
        let head = format!(
            "{{\"id\":\"{}\",\"status\":\"{}\",\"text\":",
            check.id,
            check.status.word()
        );
        text.extend(head.as_bytes());
        json::push_string(text, check.text.as_bytes());
        if let Some(advice) = check.advice {
            text.extend(b",\"advice\":");
            json::push_string(text, advice.as_bytes());
        }
        text.push(b'}');
    }
    text.extend(b"\n]}\n");
}
