//! Pages of a list, as `MaxResults` and `NextToken` ask for.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::datasync::error::ApiError;

/// The model allows 0 to 100; 0 and none mean the default.
const LARGEST_PAGE: usize = 100;

/// The members with which every list operation asks for a page.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Paging {
    /// The answer of a list operation: one page of items below `member`.
    pub(super) fn answer(&self, member: &str, items: Vec<Value>) -> Result<Value, ApiError> {
        let (items, next) = page(items, self.max_results, self.next_token.as_deref())?;
        let mut answer = json!({ member: items });
        if let Some(next) = next {
            answer["NextToken"] = next.into();
        }
        Ok(answer)
    }
}

/// One page and the token of the next one.
///
/// The token is the position in the list: it stays right while entries are
/// appended, which is all that happens to executions.
fn page<T>(
    items: Vec<T>,
    max_results: Option<usize>,
    next_token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let size = match max_results {
        None | Some(0) => LARGEST_PAGE,
        Some(size) if size <= LARGEST_PAGE => size,
        Some(size) => {
            return Err(ApiError::Validation(format!(
                "Value '{size}' at 'maxResults' failed to satisfy constraint: \
                 Member must have value less than or equal to {LARGEST_PAGE}"
            )));
        }
    };
    let start = match next_token {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| ApiError::invalid("InvalidNextToken", "NextToken is not valid."))?,
    };
    let rest = items.len().saturating_sub(start);
    let next = (rest > size).then(|| (start + size).to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_list_once() {
        #[rustfmt::skip]
        let cases = [
            ("all on one page",      5, None,      vec![5]),
            ("an even split",        4, Some(2),   vec![2, 2]),
            ("a short last page",    5, Some(2),   vec![2, 2, 1]),
            ("nothing",              0, Some(2),   vec![0]),
            ("0 is the default",   101, Some(0),   vec![100, 1]),
        ];
        for (name, count, max_results, expected) in cases {
            let (mut pages, mut seen, mut token) = (vec![], vec![], None);
            loop {
                let items = (0..count).collect();
                let (page, next) = page(items, max_results, token.as_deref()).unwrap();
                pages.push(page.len());
                seen.extend(page);
                token = next;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(pages, expected, "{name}");
            assert_eq!(seen, (0..count).collect::<Vec<i32>>(), "{name}");
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        assert!(page(vec![1], Some(101), None).is_err());
        assert!(page(vec![1], None, Some("x")).is_err());
        assert_eq!(page(vec![1], None, Some("7")), Ok((vec![], None)));
    }
}
