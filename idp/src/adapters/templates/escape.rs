//! Text as HTML text or a quoted attribute: the five characters that mean something there (HTML Living Standard §13.3), and no other, so
//! that URLs stay readable. Every attribute of ours is quoted with `"`; a test holds the pages to it.

use std::fmt;

use minijinja::{AutoEscape, Environment, Error, escape_formatter};

/// Displays text with the five characters replaced.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(position) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, special) = rest.split_at(position);
            formatter.write_str(plain)?;
            let mut letters = special.chars();
            formatter.write_str(match letters.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&#34;",
                _ => "&#39;",
            })?;
            rest = letters.as_str();
        }
        formatter.write_str(rest)
    }
}

/// Makes every text that a template shows pass through here, but what is HTML already.
pub(super) fn escape_everything(environment: &mut Environment<'_>) {
    environment.set_formatter(|output, state, value| match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => {
            Ok(fmt::Write::write_fmt(output, format_args!("{}", Escaped(text))).map_err(Error::from)?)
        }
        // Numbers, HTML, and what is an error when shown.
        _ => escape_formatter(output, state, value),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(Escaped("<a href='/x?a=1&b=2'>\"é\"</a>").to_string(), "&lt;a href=&#39;/x?a=1&amp;b=2&#39;&gt;&#34;é&#34;&lt;/a&gt;");
        assert_eq!(Escaped("").to_string(), "");
    }
}
