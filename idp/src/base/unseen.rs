//! Characters that nobody sees, or that turn their neighbours around. Text that people know each other by must not have them: it stands on
//! pages, in prompts of browsers, in claims and mails beside other text, and would pass for something else (B-REG-11).

/// Controls, line ends, directional marks, and characters without a shape (Unicode's `Default_Ignorable_Code_Point` but for the
/// variation selectors that emoji need, and the blanks that are letters by name).
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B-REG-11
    #[test]
    fn what_has_a_shape_is_seen_and_nothing_else() {
        for seen in "aé李म😀🏽ـ‿ 　".chars() {
            assert!(!is_unseen(seen), "{seen:?}");
        }
        for unseen in ['\0', '\n', '\u{7f}', '\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{2028}', '\u{3164}', '\u{e0041}', '\u{feff}'] {
            assert!(is_unseen(unseen), "{unseen:?}");
        }
    }
}
