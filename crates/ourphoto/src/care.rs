//! `ourphoto copies care …`: how the server looks after a copy by itself.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use library::Library;
use library::safety::care::{Care, CareSettings, Quiet};
use serde_json::json;

use crate::Outcome;
use crate::output::Output;
use crate::text::{bytes, counted};

/// What is to change; the rest stays as it is.
#[derive(Args)]
pub(crate) struct CareChange {
    /// How old it may be before it is brought up to date, as in 30min, 6h or 7days
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    every: Option<Duration>,
    /// Within how many days everything in it is read again
    #[arg(long, value_name = "DAYS")]
    read_within: Option<u32>,
    /// How many KiB a second it may take, or 'off'
    #[arg(long, value_name = "KIB")]
    limit: Option<OrOff<u64>>,
    /// The hours in which nothing begins, in UTC, as in 08:00-18:00, or 'off'
    #[arg(long, value_name = "FROM-UNTIL")]
    quiet: Option<OrOff<Hours>>,
    /// Whether old snapshots of the catalog in it are thinned out; otherwise nothing in it is ever removed
    #[arg(long, value_name = "yes|no", value_parser = clap::builder::BoolishValueParser::new())]
    thin_out: Option<bool>,
}

impl CareChange {
    fn is_empty(&self) -> bool {
        let Self { every, read_within, limit, quiet, thin_out } = self;
        every.is_none() && read_within.is_none() && limit.is_none() && quiet.is_none() && thin_out.is_none()
    }

    fn of(self, before: &Care) -> CareSettings {
        CareSettings {
            every: self.every.unwrap_or(before.every),
            scrub_days: self.read_within.unwrap_or(before.scrub_days),
            rate: self.limit.map_or(before.rate, |limit| limit.0.map(|kib| kib.saturating_mul(1024))),
            quiet: self.quiet.map_or(before.quiet, |quiet| quiet.0.map(|hours| hours.0)),
            thin_out: self.thin_out.unwrap_or(before.thin_out),
        }
    }
}

/// A value, or that there is to be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OrOff<T>(Option<T>);

impl<T: FromStr> FromStr for OrOff<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

/// Two times of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hours(Quiet);

impl FromStr for Hours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let times = text.split_once('-').and_then(|(from, until)| minute(from).zip(minute(until)));
        let (from, until) = times.ok_or("write two times of the day, as in 08:00-18:00, or off")?;
        Ok(Self(Quiet { from, until }))
    }
}

pub(crate) async fn run(library: &Library, name: &str, change: CareChange, output: &Output) -> Outcome {
    if !change.is_empty() {
        let before = library.copy_care(name).await?;
        library.copy_care_set(name, change.of(&before)).await?;
    }
    tell(name, &library.copy_care(name).await?, output);
    Ok(true)
}

fn tell(name: &str, care: &Care, output: &Output) {
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let Care { every, scrub_days, rate, quiet, thin_out, .. } = care;
    output.line(format!("{name}:"));
    output.line(format!("  brought up to date every {}", humantime::format_duration(*every)));
    output.line(format!("  read again within {}", counted(u64::from(*scrub_days), "day", "days")));
    output.line(
        rate.map_or("  as fast as it goes".into(), |rate| format!("  at most {} a second", bytes(rate))),
    );
    output.line(quiet.map_or("  at any time of the day".into(), |quiet| {
        format!("  but nothing begins from {} until {} UTC", clock(quiet.from), clock(quiet.until))
    }));
    output.line(if *thin_out {
        "  old snapshots in it are thinned out"
    } else {
        "  nothing in it is ever removed"
    });
    output.document(&json!({
        "copy": name, "every_s": every.as_secs(), "read_within_days": scrub_days, "bytes_per_second": rate,
        "quiet": quiet.map(|quiet| [clock(quiet.from), clock(quiet.until)]), "thin_out": thin_out,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_they_are_shown() {
        let quiet = |text: &str| text.parse::<OrOff<Hours>>().map(|hours| hours.0.map(|hours| hours.0));
        assert_eq!(quiet("22:30-06:05"), Ok(Some(Quiet { from: 22 * 60 + 30, until: 6 * 60 + 5 })));
        assert_eq!(quiet("off"), Ok(None));
        for wrong in ["", "8-18", "08:00", "24:00-01:00", "08:60-09:00", "08:00-18:00-19:00", "a:b-c:d"] {
            assert!(quiet(wrong).is_err(), "{wrong}");
        }
    }
}
