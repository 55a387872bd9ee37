//! The six points at which a function is killed. Seen from outside, a point is a
//! request that arrives, or one that was answered.

use super::call::Place;
use super::fault::Fault;

/// Where an invocation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    AfterEvent,
    AfterLedgerRead,
    AfterDescribe,
    BeforePublish,
    AfterPublish,
    AfterLedgerWrite,
}

impl Point {
    pub(super) const ALL: [Point; 6] = [
        Point::AfterEvent,
        Point::AfterLedgerRead,
        Point::AfterDescribe,
        Point::BeforePublish,
        Point::AfterPublish,
        Point::AfterLedgerWrite,
    ];

    /// In the words of the table.
    pub(super) fn words(self) -> &'static str {
        match self {
            Point::AfterEvent => "kill -9 after the event is taken",
            Point::AfterLedgerRead => "kill -9 after the ledger was read",
            Point::AfterDescribe => "kill -9 after describe",
            Point::BeforePublish => "kill -9 before publish",
            Point::AfterPublish => "kill -9 after publish",
            Point::AfterLedgerWrite => "kill -9 after the ledger write",
        }
    }

    /// Whether the mail is out by then and nothing says so yet: only here a second
    /// one may come.
    pub(super) fn allows_a_second(self) -> bool {
        self == Point::AfterPublish
    }

    /// What happens to a request at this point.
    pub(super) fn fault(self, place: &Place) -> Option<Fault> {
        let call = &place.call;
        let answered = Some(Fault::KillAfter);
        match self {
            // Whatever it asks first.
            Point::AfterEvent => Some(Fault::KillBefore),
            Point::AfterLedgerRead if call.about == "ledger" => answered,
            Point::AfterDescribe if call.is("datasync", "DescribeTaskExecution") => answered,
            Point::BeforePublish if call.is("sns", "Publish") => Some(Fault::KillBefore),
            Point::AfterPublish if call.is("sns", "Publish") => answered,
            Point::AfterLedgerWrite if call.is("s3", "PutObject") && call.about == "record" => {
                answered
            }
            _ => None,
        }
    }
}
