//! Points in time as a mail shows them: UTC, and the reader's own zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::str::FromStr;

/// A time zone by its IANA name, such as `Europe/Berlin`.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// A name that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IANA time zone such as Europe/Berlin")]
pub struct ZoneError(String);

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let rules = TimeZone::get(name).map_err(|_| ZoneError(name.to_owned()))?;
        Ok(Zone {
            name: rules.iana_name().unwrap_or(name).to_owned(),
            rules,
        })
    }
}

impl Zone {
    /// The zone's rules.
    #[must_use]
    pub fn rules(&self) -> &TimeZone {
        &self.rules
    }

    /// `2026-11-23 02:00:04 UTC (03:00:04 Europe/Berlin)`; the date is repeated
    /// where the zone has another one.
    #[must_use]
    pub fn show(&self, time: Timestamp) -> String {
        let utc = time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        if matches!(self.name.as_str(), "UTC" | "Etc/UTC") {
            return utc;
        }
        let here = time.to_zoned(self.rules.clone());
        let same_day = here.date() == time.to_zoned(TimeZone::UTC).date();
        let form = if same_day {
            "%H:%M:%S"
        } else {
            "%Y-%m-%d %H:%M:%S"
        };
        format!("{utc} ({} {})", here.strftime(form), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_and_in_the_zone() {
        #[rustfmt::skip]
        let cases = [
            ("UTC",              "2026-11-23T02:00:04Z", "2026-11-23 02:00:04 UTC"),
            ("Etc/UTC",          "2026-11-23T02:00:04Z", "2026-11-23 02:00:04 UTC"),
            ("Europe/Berlin",    "2026-11-23T02:00:04Z", "2026-11-23 02:00:04 UTC (03:00:04 Europe/Berlin)"),
            ("Europe/Berlin",    "2026-07-23T02:00:04Z", "2026-07-23 02:00:04 UTC (04:00:04 Europe/Berlin)"),
            ("America/New_York", "2026-11-23T02:00:04Z", "2026-11-23 02:00:04 UTC (2026-11-22 21:00:04 America/New_York)"),
            ("Asia/Kolkata",     "2026-11-23T20:00:00Z", "2026-11-23 20:00:00 UTC (2026-11-24 01:30:00 Asia/Kolkata)"),
        ];
        for (zone, time, expected) in cases {
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(zone.show(time.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_name_that_is_no_zone_is_refused() {
        let error = "Mars/Base".parse::<Zone>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Mars/Base` is not an IANA time zone such as Europe/Berlin"
        );
    }
}
