//! Text that others wrote, made safe to print.
//!
//! File names, error texts and names of tasks are under other people's control.
//! A line break in one must not start a line of ours, and a bidirectional mark
//! must not turn a sentence round.

/// The longest foreign text that is printed, in characters.
pub const LONGEST: usize = 200;

/// Printable ASCII as it is, all else as `\u{…}`; clipped at [`LONGEST`]
/// characters of the result.
///
/// A backslash is doubled, so that two different texts never print the same.
#[must_use]
pub fn clipped(text: &str) -> String {
    clipped_at(text, LONGEST)
}

/// As [`clipped`], with another limit in characters of the result.
#[must_use]
pub fn clipped_at(text: &str, longest: usize) -> String {
    const MARK: &str = "... (clipped)";
    let mut safe = String::new();
    for character in text.chars() {
        let piece = escaped(character);
        if safe.len() + piece.len() > longest {
            safe.truncate(longest.saturating_sub(MARK.len()));
            return safe + MARK;
        }
        safe.push_str(&piece);
    }
    safe
}

fn escaped(character: char) -> String {
    match character {
        '\\' => "\\\\".to_owned(),
        ' '..='~' => character.to_string(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    }
}

/// Cuts a printable text in its middle, so that its beginning and its end stay.
#[must_use]
pub fn cut_in_the_middle(text: &str, longest: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= longest {
        return text.to_owned();
    }
    let kept = longest.saturating_sub(2);
    let head = kept - kept / 2;
    let tail = characters.len() - kept / 2;
    let mut short: String = characters[..head].iter().collect();
    short.push_str(&".."[..longest.min(2)]);
    short.extend(&characters[tail..]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        #[rustfmt::skip]
        let cases = [
            ("plain",        "/logs/app.log",        "/logs/app.log"),
            ("line break",   "a\nSubject: b",        "a\\u{a}Subject: b"),
            ("bidi",         "a\u{202e}gpj.exe",     "a\\u{202e}gpj.exe"),
            ("accent",       "caf\u{e9}",            "caf\\u{e9}"),
            ("backslash",    "a\\u{a}",              "a\\\\u{a}"),
            ("bell",         "\u{7}",                "\\u{7}"),
        ];
        for (name, given, expected) in cases {
            assert_eq!(clipped(given), expected, "{name}");
        }
    }

    #[test]
    fn a_long_text_says_that_it_was_clipped() {
        let shown = clipped(&"a".repeat(4096));
        assert_eq!(shown.len(), LONGEST);
        assert!(shown.ends_with("... (clipped)"));
        assert_eq!(clipped(&"a".repeat(LONGEST)).len(), LONGEST);
        assert!(!clipped(&"a".repeat(LONGEST)).contains("clipped"));
    }

    #[test]
    fn both_ends_of_a_cut_name_stay() {
        assert_eq!(cut_in_the_middle("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut_in_the_middle("abcdefghijk", 8), "abc..ijk");
        assert_eq!(cut_in_the_middle("abcdefghijk", 0), "");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn nothing_but_printable_ascii_comes_out(text in any::<String>(), longest in 20_usize..300) {
            let shown = clipped_at(&text, longest);
            prop_assert!(shown.len() <= longest);
            prop_assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert!(cut_in_the_middle(&shown, longest / 2).len() <= longest / 2);
        }
    }
}
