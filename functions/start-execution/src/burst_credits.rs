//! Whether a run at full speed could take the burst credits that the web servers
//! live on. With none left, a bursting file system serves everybody at its baseline.
//!
//! A run is slowed down then, never kept from starting: a backup that waits for
//! credits may wait for ever. At the baseline even a full copy takes six hours,
//! whatever the size, and is metered at a third of it.
//!
//! Source: EFS User Guide, "Throughput modes"; EFS metrics `BurstCreditBalance` and
//! `StorageBytes`.

use backup_domain::units::Bytes;

/// The baseline in bytes per second: so many for each GiB in the class Standard, and
/// so many at least.
const BASELINE_OF_A_GIB: u128 = 50 << 10;
const LEAST_BASELINE: u64 = 1 << 20;

/// Reads count a third.
const READS_PER_CREDIT: u64 = 3;

/// A file system's burst credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BurstCredits {
    /// What is left.
    pub(crate) balance: Bytes,
    /// What is stored in the class Standard.
    pub(crate) stored: Bytes,
}

/// A run that has to be slow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slow {
    /// In bytes per second.
    pub(crate) limit: i64,
    /// What a person has to know.
    pub(crate) reason: String,
}

impl BurstCredits {
    /// How slow a run has to be; `None` if the credits last for a full copy.
    pub(crate) fn slow(self) -> Option<Slow> {
        let need = Bytes(self.stored.0 / READS_PER_CREDIT);
        if self.balance >= need {
            return None;
        }
        let baseline = self.baseline();
        Some(Slow {
            limit: i64::try_from(baseline.0).unwrap_or(i64::MAX),
            reason: format!(
                "the file system has {} of burst credits and a full copy may take {}, so this run copies at most {} a \
                 second, its baseline; pass overrides.bytes_per_second to choose another limit (-1 for none), or \
                 deploy with ThroughputMode=elastic",
                self.balance.short(),
                need.short(),
                baseline.short()
            ),
        })
    }

    fn baseline(self) -> Bytes {
        let baseline = (u128::from(self.stored.0) * BASELINE_OF_A_GIB) >> 30;
        Bytes(
            u64::try_from(baseline)
                .unwrap_or(u64::MAX)
                .max(LEAST_BASELINE),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_run_is_slowed_where_credits_are_short() {
        #[rustfmt::skip]
        let cases = [
            ("a new file system",      2150 * GIB, 0,         None),
            ("empty, and no credits",  0,          0,         None),
            ("just enough",            100 * GIB,  300 * GIB, None),
            ("one byte short",         100 * GIB - 1, 300 * GIB, Some(15_360_000)),
            ("none left",              0,          500 * GIB, Some(25_600_000)),
            ("a small one",            0,          GIB,       Some(1_048_576)),
            ("a huge one",             0,          u64::MAX,  Some(879_609_302_220_799)),
        ];
        for (name, balance, stored, limit) in cases {
            let credits = BurstCredits {
                balance: Bytes(balance),
                stored: Bytes(stored),
            };
            assert_eq!(credits.slow().map(|slow| slow.limit), limit, "{name}");
        }
    }

    #[test]
    fn the_reason_names_balance_need_and_way_out() {
        let credits = BurstCredits {
            balance: Bytes(12 * GIB),
            stored: Bytes(500 * GIB),
        };
        let reason = credits.slow().unwrap().reason;
        for named in [
            "12.00 GiB of burst credits",
            "166.67 GiB",
            "24.41 MiB a second",
            "overrides.bytes_per_second",
            "ThroughputMode=elastic",
        ] {
            assert!(reason.contains(named), "no {named}: {reason}");
        }
    }

    #[test]
    fn at_the_baseline_a_full_copy_takes_less_than_a_night() {
        for stored in [20 * GIB, 500 * GIB, 20_000 * GIB] {
            let credits = BurstCredits {
                balance: Bytes(0),
                stored: Bytes(stored),
            };
            let limit = u64::try_from(credits.slow().unwrap().limit).unwrap();
            assert!(stored / limit < 6 * 3600, "{stored}");
        }
    }
}
