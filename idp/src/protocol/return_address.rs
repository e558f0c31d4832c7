//! Where a client waits for the answer to its request, and how it wants it: even a refusal goes there.

use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::response_mode::ResponseMode;

/// The longest `state` that is echoed, in characters.
pub const LONGEST_STATE: usize = 4096;

/// Where an answer goes. The address is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress {
    /// The client's address.
    pub redirect_uri: RedirectUri,
    /// How the answer travels there.
    pub mode: ResponseMode,
    /// What is echoed.
    pub state: Option<String>,
}

impl ReturnAddress {
    /// Where a refusal of this request goes, whatever else is wrong with it.
    pub fn of_refused(params: &Params, redirect_uri: RedirectUri) -> Self {
        let mode = ResponseMode::read(params, &redirect_uri).unwrap_or_default();
        Self { redirect_uri, mode, state: echoed_state(params, mode).map(str::to_owned) }
    }
}

/// The `state` that even a refusal echoes (RFC 6749 §4.1.2.1): not if it was sent twice, not if it is longer than we carry, and not if a form
/// would not carry it: browsers write ends of lines and NUL in their own way (HTML §4.10.22.4).
pub fn echoed_state(params: &Params, mode: ResponseMode) -> Option<&str> {
    let is_carried =
        |state: &&str| state.chars().nth(LONGEST_STATE).is_none() && (mode != ResponseMode::FormPost || !state.contains(char::is_control));
    params.get("state").filter(is_carried)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-RTM-03, A-RTM-04, A-RED-12: a refusal goes by the mode that was asked for, or else by the default; a state is echoed exactly or not at all.
    #[test]
    fn a_refusal_goes_where_it_can() {
        let refused = |mode: &str, state: &str| {
            let params = Params::from_pairs([("response_mode", mode), ("state", state)]);
            let address = ReturnAddress::of_refused(&params, RedirectUri::from_text("https://shop.test/cb"));
            (address.mode, address.state)
        };
        assert_eq!(refused("form_post", "\u{e4} \"><"), (ResponseMode::FormPost, Some("\u{e4} \"><".to_owned())));
        assert_eq!(refused("fragment", "a\r\nb"), (ResponseMode::Fragment, Some("a\r\nb".to_owned())));
        for state in ["a\r\nb", "a\nb", "a\0b", &"s".repeat(LONGEST_STATE + 1)] {
            assert_eq!(refused("form_post", state), (ResponseMode::FormPost, None), "{state:.10}");
        }
        assert_eq!(refused("FORM_POST", "s"), (ResponseMode::Query, Some("s".to_owned())));
    }
}
