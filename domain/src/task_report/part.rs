//! Reads one part of a task report, item by item.

use super::bounded::{Bounded, Room};
use crate::failed_files::Gathering;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::io::Read;

const KINDS: [&str; 4] = ["Transferred", "Verified", "Skipped", "Deleted"];
const STATUS_FIELDS: [&str; 5] = [
    "TransferStatus",
    "VerifyStatus",
    "SkipStatus",
    "DeleteStatus",
    "Status",
];
const ERROR_FIELDS: [&str; 6] = [
    "ErrorCode",
    "FailureCode",
    "ErrorDetail",
    "FailureReason",
    "SkipReason",
    "Reason",
];

/// Takes the failed files of one part, item by item, however long it is.
///
/// `errors_only` is the level of the report (`ReportLevel ERRORS_ONLY`): then
/// being listed is the error. What cannot be read makes the list count as not
/// read; the items before it stay.
pub fn read_part(gathering: &mut Gathering, errors_only: bool, name: &str, part: impl Read) {
    let (source, room) = Bounded::new(part);
    let mut json = serde_json::Deserializer::from_reader(source);
    let lists = Lists {
        items: Items {
            gathering,
            errors_only,
            room: &room,
        },
        name,
    };
    let read = (&mut json).deserialize_map(lists).and_then(|()| json.end());
    if let Err(error) = read {
        gathering.not_read(format!(
            "part {name} of the task report is not readable: {error}"
        ));
    }
}

/// The object of a part: lists by their kind, beside other members.
struct Lists<'a> {
    items: Items<'a>,
    name: &'a str,
}

impl<'de> Visitor<'de> for Lists<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with lists of files")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut known, name) = (0, self.name);
        while let Some(kind) = map.next_key::<String>()? {
            let is_known = KINDS.contains(&kind.as_str());
            let is_list = map.next_value_seed(List {
                items: is_known.then_some(&mut self.items),
            })?;
            known += u32::from(is_known && is_list);
            // A list that we do not know, or no list where one must be.
            if is_list != is_known {
                self.items.gathering.not_read(format!(
                    "part {name} of the task report has a strange {kind}"
                ));
            }
        }
        if known == 0 {
            self.items.gathering.not_read(format!(
                "part {name} of the task report has no list that we know"
            ));
        }
        Ok(())
    }
}

/// A member of a part: whether it is a list. Its items are taken where they are
/// wanted.
struct List<'l, 'a> {
    items: Option<&'l mut Items<'a>>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, member: D) -> Result<bool, D::Error> {
        member.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let Some(items) = self.items else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(true);
        };
        while let Some(item) = list.next_element::<Value>()? {
            items.take(&item);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// Takes items one by one.
struct Items<'a> {
    gathering: &'a mut Gathering,
    errors_only: bool,
    room: &'a Room,
}

impl Items<'_> {
    fn take(&mut self, item: &Value) {
        self.room.renew();
        if !self.is_failed(item) {
            return;
        }
        match item.get("RelativePath").and_then(Value::as_str) {
            Some(path) => self.gathering.item(path, &said(item)),
            None => self.gathering.nameless(),
        }
    }

    /// In a report of errors only, being listed is the error. In another one an item
    /// failed if a status says anything but SUCCESS or an error is named.
    fn is_failed(&self, item: &Value) -> bool {
        let bad_status = STATUS_FIELDS
            .iter()
            .filter_map(|field| item.get(field)?.as_str())
            .any(|status| status != "SUCCESS");
        let error = ERROR_FIELDS.iter().take(4).any(|field| {
            item.get(field)
                .is_some_and(|value| !value.is_null() && value != "")
        });
        self.errors_only || bad_status || error
    }
}

/// What an item says of its failure, in the fields that public readers know.
fn said(item: &Value) -> String {
    let texts: Vec<&str> = ERROR_FIELDS
        .iter()
        .filter_map(|field| item.get(field)?.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(": ")
}
