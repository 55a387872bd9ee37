//! One pattern of a filter: `/folder`, `*/temp`, `*.tmp`.

use std::fmt;
use std::os::unix::ffi::OsStrExt;

use crate::datasync::end::Name;

/// A pattern, matched against paths with a leading `/`, upper and lower case
/// told apart. What matches a folder matches all that lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// `*`: any number of any characters, `/` among them, as `*/temp` needs.
    Any,
    Byte(u8),
}

/// The patterns between the `|` of a filter. A backslash takes the meaning of
/// `*`, `|` and of itself away.
pub(super) fn split(filter: &str) -> Vec<Pattern> {
    let mut patterns = vec![];
    let mut tokens = vec![];
    let mut bytes = filter.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'|' => patterns.push(Pattern::new(std::mem::take(&mut tokens))),
            b'*' => tokens.push(Token::Any),
            b'\\' => tokens.push(Token::Byte(bytes.next().unwrap_or(b'\\'))),
            _ => tokens.push(Token::Byte(byte)),
        }
    }
    patterns.push(Pattern::new(tokens));
    patterns
}

impl Pattern {
    /// `/dir` and `/dir/` mean the same; `/` is the location itself, with all that
    /// lies in it.
    fn new(mut tokens: Vec<Token>) -> Self {
        if tokens == [Token::Byte(b'/')] {
            tokens.push(Token::Any);
        } else if tokens.last() == Some(&Token::Byte(b'/')) {
            tokens.pop();
        }
        Self { tokens }
    }

    /// Whether it matches the path, or a folder that the path lies in.
    pub(super) fn matches(&self, name: &Name) -> bool {
        let path = path_of(name);
        let ends = (1..path.len()).filter(|end| path[*end] == b'/');
        ends.chain([path.len()])
            .any(|end| matches(&self.tokens, &path[..end]))
    }

    /// Whether something below this path could match: only of include filters,
    /// whose `*` stands last.
    pub(super) fn leads_in(&self, name: &Name) -> bool {
        let mut below = path_of(name);
        below.push(b'/');
        let literal = self.tokens.iter().map_while(|token| match token {
            Token::Byte(byte) => Some(*byte),
            Token::Any => None,
        });
        literal.collect::<Vec<u8>>().starts_with(&below)
    }

    /// Paths begin with `/`.
    pub(super) fn can_match(&self) -> bool {
        matches!(self.tokens.first(), Some(Token::Any | Token::Byte(b'/')))
    }

    /// Whether `*`, if it is there at all, stands last only.
    pub(super) fn ends_in_star(&self) -> bool {
        let first = self.tokens.iter().position(|token| *token == Token::Any);
        first.is_none_or(|first| first + 1 == self.tokens.len())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.tokens.iter().map(|token| match token {
            Token::Any => b'*',
            Token::Byte(byte) => *byte,
        });
        let bytes: Vec<u8> = bytes.collect();
        write!(formatter, "{}", String::from_utf8_lossy(&bytes))
    }
}

fn path_of(name: &Name) -> Vec<u8> {
    let mut path = vec![b'/'];
    path.extend(name.path().as_os_str().as_bytes());
    path
}

/// Goes on from the last `*` where a later token does not fit: without
/// recursion, and never longer than pattern times path.
fn matches(tokens: &[Token], path: &[u8]) -> bool {
    let (mut token, mut byte) = (0, 0);
    let mut last_any = None;
    while byte < path.len() {
        match tokens.get(token) {
            Some(Token::Any) => {
                last_any = Some((token + 1, byte));
                token += 1;
            }
            Some(Token::Byte(wanted)) if *wanted == path[byte] => {
                token += 1;
                byte += 1;
            }
            _ => {
                let Some((after, taken)) = last_any else {
                    return false;
                };
                last_any = Some((after, taken + 1));
                (token, byte) = (after, taken + 1);
            }
        }
    }
    tokens[token..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn patterns_match_like_this() {
        #[rustfmt::skip]
        let cases = [
            ("/dir",        "dir/",             true),
            ("/dir/",       "dir/",             true),
            ("/dir",        "dir/a/b",          true),
            ("/dir",        "dir2",             false),
            ("/dir",        "a/dir/",           false),
            ("/dir/*",      "dir/a",            true),
            ("/dir/*",      "dir/",             false),
            ("/dir*",       "dir2/a",           true),
            ("*/temp",      "temp/",            true),
            ("*/temp",      "a/b/temp/c",       true),
            ("*/temp",      "a/temporary",      false),
            ("*.tmp",       "a/b.tmp",          true),
            ("*.tmp",       "a.tmp/b",          true),
            ("*.tmp",       "a.tmpx",           false),
            ("*a*b",        "xaxxaxb",          true),
            ("*a*b",        "xaxxbx",           false),
            ("/A",          "a",                false),
            (r"/a\*",       "a*",               true),
            (r"/a\*",       "ab",               false),
            (r"/a\|b",      "a|b",              true),
            (r"/a\\b",      r"a\b",             true),
            ("/d\u{e9}",    "d\u{e9}/x",        true),
            ("*",           "anything/at/all",  true),
            ("/",           "anything/at/all",  true),
        ];
        for (pattern, key, expected) in cases {
            let patterns = split(pattern);
            assert_eq!(patterns.len(), 1, "{pattern}");
            let name = Name::from_key(key).unwrap();
            assert_eq!(patterns[0].matches(&name), expected, "{pattern} {key}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_can_match() {
        let name = Name::new(OsStr::from_bytes(b"d/bad-\xff.tmp"), false);
        assert!(split("*.tmp")[0].matches(&name));
    }

    #[test]
    fn a_filter_is_cut_at_its_pipes() {
        let shown: Vec<String> = split(r"/a|*.tmp|/b\|c|/d/")
            .iter()
            .map(Pattern::to_string)
            .collect();
        assert_eq!(shown, ["/a", "*.tmp", "/b|c", "/d"]);
    }

    #[test]
    fn many_stars_take_no_time() {
        let name = Name::from_key(&"a".repeat(4000)).unwrap();
        assert!(!split(&format!("{}b", "*a".repeat(50)))[0].matches(&name));
    }
}
