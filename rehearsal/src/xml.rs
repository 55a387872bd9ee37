//! As much of XML as the answers of AWS's older services need.

/// The text of the first element of a name, without its escapes undone.
#[must_use]
pub fn text<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let rest = xml.split_once(&format!("<{name}>"))?.1;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}
