//! `weftid config`: reaching this point means that nothing is wrong; shows what each setting ended up as, and where it comes from.

use crate::config::Config;

pub(super) fn run(config: &Config) {
    let widest = config.effective().iter().map(|setting| setting.path.len()).max().unwrap_or(0);
    for setting in config.effective() {
        println!("{:widest$}  {}  ({})", setting.path, setting.shown.as_deref().unwrap_or("(none)"), setting.origin);
    }
}
