//! Bytes, milliseconds and counts, and how they read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A duration in milliseconds, the unit of DataSync's `Result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

impl Bytes {
    /// `3.42 GiB`, or `512 bytes` below 1 KiB. Binary units: 1 GiB = 2³⁰ bytes.
    #[must_use]
    pub fn short(self) -> String {
        if self.0 < 1024 {
            return plural(self.0, "byte", "bytes");
        }
        let (hundredths, unit) = scaled(self.0);
        format!("{}.{:02} {unit}", hundredths / 100, hundredths % 100)
    }

    /// Bytes per second over `took`; `None` where the time is 0, since no speed
    /// can be derived then.
    #[must_use]
    pub fn per_second(self, took: Millis) -> Option<Bytes> {
        let rate = u128::from(self.0) * 1000 / u128::from(Some(took.0).filter(|ms| *ms > 0)?);
        u64::try_from(rate).ok().map(Bytes)
    }
}

/// Hundredths of the largest unit that gives at least 1, rounded, and the unit.
/// What would round to 1024.00 is shown in the next unit.
fn scaled(bytes: u64) -> (u128, &'static str) {
    let mut size = 1024_u128;
    for (index, unit) in UNITS.iter().enumerate() {
        let hundredths = (u128::from(bytes) * 100 + size / 2) / size;
        if hundredths < 102_400 || index == UNITS.len() - 1 {
            return (hundredths, unit);
        }
        size *= 1024;
    }
    (u128::from(bytes) * 100, "bytes")
}

/// `3.42 GiB (3,672,197,038 bytes)`: readable and exact.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())?;
        if self.0 >= 1024 {
            write!(f, " ({} bytes)", grouped(self.0))?;
        }
        Ok(())
    }
}

/// `14 m 27 s`; below a second in milliseconds.
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        match (hours, minutes) {
            (0, 0) if seconds == 0 => write!(f, "{} ms", self.0),
            (0, 0) => write!(f, "{seconds} s"),
            (0, _) => write!(f, "{minutes} m {:02} s", seconds % 60),
            _ => write!(f, "{} h {minutes:02} m", grouped(hours)),
        }
    }
}

/// A long time, told in days and hours. Never negative: clocks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elapsed {
    minutes: u64,
}

impl Elapsed {
    /// From one time to a later one; nothing where it is not later.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        let seconds = to.duration_since(from).as_secs();
        Elapsed {
            minutes: u64::try_from(seconds).unwrap_or(0) / 60,
        }
    }

    /// Whole days.
    #[must_use]
    pub fn days(self) -> u64 {
        self.minutes / (24 * 60)
    }
}

/// `7 m`, `26 h 03 m`, from two days on `5 d 3 h`.
impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.minutes / 60, self.minutes % 60);
        match hours {
            0 => write!(f, "{minutes} m"),
            1..48 => write!(f, "{hours} h {minutes:02} m"),
            _ => write!(f, "{} d {} h", grouped(hours / 24), hours % 24),
        }
    }
}

/// `412,880`: a count with thousands separated.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`, `1,204 files`.
#[must_use]
pub fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_read_like_this() {
        #[rustfmt::skip]
        let cases = [
            (0,                    "0 bytes"),
            (1,                    "1 byte"),
            (1023,                 "1,023 bytes"),
            (1024,                 "1.00 KiB (1,024 bytes)"),
            (1_048_575,            "1.00 MiB (1,048,575 bytes)"),
            (1_048_576,            "1.00 MiB (1,048,576 bytes)"),
            (3_672_197_038,        "3.42 GiB (3,672,197,038 bytes)"),
            (u64::MAX,             "16.00 EiB (18,446,744,073,709,551,615 bytes)"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Bytes(bytes).to_string(), expected);
        }
    }

    #[test]
    fn durations_read_like_this() {
        #[rustfmt::skip]
        let cases = [
            (0,           "0 ms"),
            (999,         "999 ms"),
            (1_000,       "1 s"),
            (59_999,      "59 s"),
            (60_000,      "1 m 00 s"),
            (867_000,     "14 m 27 s"),
            (3_600_000,   "1 h 00 m"),
            (93_784_000,  "26 h 03 m"),
        ];
        for (ms, expected) in cases {
            assert_eq!(Millis(ms).to_string(), expected);
        }
    }

    #[test]
    fn long_times_read_like_this() {
        let from = Timestamp::UNIX_EPOCH;
        #[rustfmt::skip]
        let cases = [
            (-60,        "0 m"),
            (59,         "0 m"),
            (60 * 7,     "7 m"),
            (3600 * 26,  "26 h 00 m"),
            (3600 * 48,  "2 d 0 h"),
            (3600 * 123, "5 d 3 h"),
        ];
        for (seconds, expected) in cases {
            let to = Timestamp::from_second(seconds).unwrap();
            assert_eq!(Elapsed::between(from, to).to_string(), expected);
        }
        let longest = Elapsed::between(Timestamp::MIN, Timestamp::MAX);
        assert!(longest.to_string().len() < 20, "{longest}");
    }

    #[test]
    fn no_speed_without_time() {
        assert_eq!(Bytes(10).per_second(Millis(0)), None);
        assert_eq!(Bytes(10).per_second(Millis(500)), Some(Bytes(20)));
        assert_eq!(Bytes(u64::MAX).per_second(Millis(1)), None);
    }

    /// A number of any size, small ones as often as large ones.
    fn number() -> impl Strategy<Value = u64> {
        (0_u32..64, any::<u64>()).prop_map(|(bits, number)| number >> bits)
    }

    /// What a reader takes a size for.
    fn read(size: &str) -> f64 {
        let (number, unit) = size.split_once(' ').unwrap();
        let number: f64 = number.replace(',', "").parse().unwrap();
        let power = UNITS.iter().position(|known| *known == unit);
        number * 1024_f64.powi(power.map_or(0, |power| i32::try_from(power).unwrap() + 1))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn every_size_prints_short_and_true(value in number(), other in number()) {
            let text = Bytes(value).to_string();
            prop_assert!(text.is_ascii() && text.len() <= 50, "{}", text);
            let (short, longer) = (Bytes(value.min(other)).short(), Bytes(value.max(other)).short());
            prop_assert!(!short.starts_with("1024"), "{}", short);
            prop_assert!(read(&short) <= read(&longer), "{} and {}", short, longer);
            #[expect(clippy::cast_precision_loss, reason = "far closer than the rounding")]
            let exact = value.min(other) as f64;
            prop_assert!((read(&short) - exact).abs() <= exact / 100.0, "{}", short);
        }

        #[test]
        fn every_duration_prints_short_and_true(value in number()) {
            let text = Millis(value).to_string();
            prop_assert!(text.is_ascii() && text.len() <= 50, "{}", text);
            let words: Vec<&str> = text.split(' ').collect();
            let pairs = words.chunks(2).map(|pair| {
                let unit = ["ms", "s", "m", "h"].iter().position(|unit| *unit == pair[1]).unwrap();
                let number: u64 = pair[0].replace(',', "").parse().unwrap();
                number * [1, 1000, 60_000, 3_600_000][unit]
            });
            let read: u64 = pairs.sum();
            // Cut, never rounded up: seconds where there are no hours.
            let precision = if value < 1000 { 1 } else if value < 3_600_000 { 1000 } else { 60_000 };
            prop_assert!(read <= value && value - read < precision, "{}", text);
        }

        #[test]
        fn every_long_time_prints_short(from in 0_i64..4_000_000_000, to in 0_i64..4_000_000_000) {
            let at = |second| Timestamp::from_second(second).unwrap();
            let text = Elapsed::between(at(from), at(to)).to_string();
            prop_assert!(text.is_ascii() && text.len() <= 20 && !text.contains('-'), "{}", text);
        }

        #[test]
        fn a_speed_times_its_time_is_the_size(bytes in number(), took in number()) {
            if let Some(Bytes(rate)) = Bytes(bytes).per_second(Millis(took)) {
                let again = u128::from(rate) * u128::from(took) / 1000;
                prop_assert!(u128::from(bytes) - again <= u128::from(took) / 1000 + 1);
            }
        }

        #[test]
        fn grouping_loses_no_digit(value in number()) {
            prop_assert_eq!(grouped(value).replace(',', ""), value.to_string());
        }
    }
}
