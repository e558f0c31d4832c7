//! Holds the pages to their promises: every page in every state and language, and the languages against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fluent_bundle::FluentArgs;

use super::samples::{self, ERROR_CODES, Sample};
use super::*;

/// What a page may weigh with everything it loads.
const MOST_BYTES: usize = 60 * 1024;

fn templates() -> Templates {
    Templates::load("").unwrap()
}

fn rendered() -> Vec<(Sample, Locale, String)> {
    let templates = templates();
    let mut pages = Vec::new();
    for locale in templates.0.translations.locales() {
        for sample in samples::all() {
            let html = templates
                .render(sample.page, &locale, &sample.context)
                .unwrap_or_else(|error| panic!("{} ({}): {error:#}", sample.page, sample.state));
            pages.push((sample, locale.clone(), html));
        }
    }
    assert!(!pages.is_empty());
    pages
}

/// Every opening tag of the page: its name and what stands within it.
fn tags(html: &str) -> Vec<(&str, &str)> {
    html.split('<')
        .skip(1)
        .filter(|piece| piece.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .map(|piece| piece.split_once('>').expect("a tag ends").0)
        .map(|tag| tag.split_once(char::is_whitespace).unwrap_or((tag, "")))
        .collect()
}

/// The attributes within a tag; one without a value has an empty one. Every value is quoted.
fn attributes(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let (name, after) = rest.split_at(rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len()));
        if name.is_empty() {
            return found;
        }
        let (value, after) = match after.strip_prefix('=') {
            Some(value) => value.strip_prefix('"').and_then(|value| value.split_once('"')).expect("an attribute's value is quoted"),
            None => ("", after),
        };
        found.push((name, value));
        rest = after;
    }
}

/// The value of one attribute.
fn attribute<'a>(within: &'a str, name: &str) -> Option<&'a str> {
    attributes(within).into_iter().find_map(|(found, value)| (found == name).then_some(value))
}

/// Strict content security policy: nothing inline, nothing from elsewhere.
#[test]
fn pages_carry_no_inline_script_or_style_and_load_nothing_foreign() {
    for (sample, _, html) in rendered() {
        let page = format!("{} ({})", sample.page, sample.state);
        for (tag, within) in tags(&html) {
            assert_ne!(tag, "style", "{page}");
            let names: Vec<_> = attributes(within).into_iter().map(|(name, _)| name).collect();
            assert!(!names.iter().any(|name| *name == "style" || name.starts_with("on")), "{page}: {within}");
            let loads = match tag {
                "script" | "img" => Some("src"),
                "link" => Some("href"),
                _ => None,
            };
            assert!(loads.is_none_or(|name| attribute(within, name).is_some_and(|url| url.starts_with("/assets/"))), "{page}: {within}");
        }
    }
}

/// WCAG 2.2: 2.4.2 titled, 2.4.6 headings, 3.1.1 language, 3.3.2 labels, 4.1.2 names; and the hooks that browser tests hold on to.
#[test]
fn pages_have_one_heading_a_language_labels_and_hooks() {
    for (sample, locale, html) in rendered() {
        let page = format!("{} ({}) in {}", sample.page, sample.state, locale.lang());
        let tags = tags(&html);
        let all = |name: &'static str| tags.iter().filter(move |(tag, _)| *tag == name).map(|(_, attributes)| *attributes);
        assert_eq!(all("h1").count(), 1, "{page}");
        assert_eq!(all("main").count(), 1, "{page}");
        assert_eq!(all("html").filter_map(|html| attribute(html, "lang")).collect::<Vec<_>>(), [locale.lang()], "{page}");
        assert_eq!(all("body").filter_map(|body| attribute(body, "data-page")).collect::<Vec<_>>(), [sample.page], "{page}");
        let title = html.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(title.ends_with(" · Northwind") && title.len() > " · Northwind".len(), "{page}: {title}");
        let labels: BTreeSet<_> = all("label").filter_map(|label| attribute(label, "for")).collect();
        for input in all("input").filter(|input| attribute(input, "type") != Some("hidden")) {
            let id = attribute(input, "id").unwrap_or_else(|| panic!("{page}: an input without id"));
            assert!(labels.contains(id), "{page}: no label for {id}");
        }
        let ids: Vec<_> = tags.iter().filter_map(|(_, attributes)| attribute(attributes, "id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{page}: an id stands twice");
        for (_, attributes) in &tags {
            for reference in
                ["aria-describedby", "aria-labelledby", "form"].iter().filter_map(|name| attribute(attributes, name)).flat_map(str::split_whitespace)
            {
                assert!(ids.contains(&reference), "{page}: nothing has the id {reference}");
            }
        }
    }
}

/// OWASP CSRF prevention: every form that posts to us by itself carries the token (the ceremonies carry it in a header).
#[test]
fn every_form_that_posts_carries_the_token() {
    for (sample, _, html) in rendered() {
        for form in html.split("<form").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            let attributes = form.split_once('>').unwrap().0;
            if ["form-post", "refused"].contains(&sample.page) {
                // It goes to somebody else, who must not learn it (A-RTM-04).
                assert!(!form.contains("csrf"), "{} ({})", sample.page, sample.state);
            } else if attribute(attributes, "data-ceremony").is_none() {
                assert_eq!(attribute(attributes, "method"), Some("post"), "{}", sample.page);
                assert!(form.contains("name=\"csrf\" value=\"csrf-token-of-this-browser\""), "{} ({})", sample.page, sample.state);
            }
        }
    }
}

/// What people and applications call themselves is text, never markup.
#[test]
fn what_is_shown_is_escaped() {
    let templates = templates();
    let english = templates.negotiate(None);
    let attack = "<img src=x onerror=alert(1)>\"'";
    for sample in samples::all() {
        let mut context = sample.context;
        for pointer in [
            "/brand/name",
            "/email",
            "/name",
            "/inviter",
            "/request",
            "/user/name",
            "/presented/client/name",
            "/presented/client/host",
            "/account",
            "/detail",
            "/passkeys/0/name",
            "/accounts/0/name",
            "/others/0/email",
            "/remembered/email",
            "/apps/0/name",
            "/remaining/0",
            "/fields/0/value",
            "/scopes/0",
        ] {
            if let Some(value) = context.pointer_mut(pointer) {
                *value = attack.into();
            }
        }
        let html = templates.render(sample.page, &english, &context).unwrap();
        assert!(!html.contains("<img src=x"), "{} ({})", sample.page, sample.state);
        assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;&#34;&#39;"), "{} ({})", sample.page, sample.state);
    }
}

/// A page with all that it loads stays below 60 KB.
#[test]
fn pages_stay_light() {
    let templates = templates();
    for (sample, _, html) in rendered() {
        let mut weight = html.len();
        let mut loaded = BTreeSet::from(["weave.svg"]);
        for (_, attributes) in tags(&html) {
            let Some(url) = attribute(attributes, "src").or_else(|| attribute(attributes, "href")) else { continue };
            let Some((_, name)) = url.strip_prefix("/assets/").and_then(|path| path.split_once('/')) else { continue };
            loaded.insert(name);
        }
        for name in loaded {
            weight += templates.0.assets.get(templates.asset_path(name).unwrap().split('/').nth(2).unwrap(), name).unwrap().bytes.len();
        }
        assert!(weight < MOST_BYTES, "{} ({}) weighs {weight} bytes", sample.page, sample.state);
    }
}

/// They are compiled when they are first shown, and that must not be when it is too late.
#[test]
fn every_template_compiles() {
    let environment = &templates().0.environment.clone();
    let mut count = 0;
    for folder in TEMPLATES {
        for (name, _) in files(folder) {
            environment.get_template(&format!("{folder}{name}")).unwrap();
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
    for elsewhere in ["translations/en/pages.ftl", "assets/weft.css", "../Cargo.toml", "pages/../assets/weft.css"] {
        assert!(environment.get_template(elsewhere).is_err(), "{elsewhere}");
    }
}

#[test]
fn a_page_without_what_it_shows_is_an_error() {
    let templates = templates();
    let error = templates.render("sign-in", &templates.negotiate(None), serde_json::json!({"csrf": ""})).unwrap_err();
    assert!(error.to_string().contains("undefined"), "{error}");
}

#[test]
fn a_typed_page_is_shown_under_its_name() {
    let templates = templates();
    let page = pages::Shown {
        csrf: "c".into(),
        request_id: "r".into(),
        brand: pages::Brand { name: "Northwind".into() },
        now: Time::from_seconds(0),
        look: pages::Look::default(),
        page: pages::SignedOut {
            presented: None,
            continue_url: None,
            others: vec![],
            choose_url: "/choose-account".into(),
            sign_in_url: "/login".into(),
        },
    };
    let html = templates.show(&templates.negotiate(Some("de")), &page).unwrap();
    assert!(html.contains("data-page=\"signed-out\"") && html.contains("Sie sind abgemeldet"));
}

#[test]
fn an_unknown_error_code_is_named() {
    let templates = templates();
    let mut context = samples::all().into_iter().find(|sample| sample.page == "error").unwrap().context;
    context["code"] = "no_such_code".into();
    let error = templates.render("error", &templates.negotiate(None), &context).unwrap_err();
    assert!(error.to_string().contains("no message error-no_such_code in en"), "{error}");
}

#[test]
fn every_error_code_has_a_title_and_says_what_to_do() {
    let translations = Translations::load().unwrap();
    for locale in translations.locales() {
        for code in ERROR_CODES {
            for id in [format!("error-{code}"), format!("error-{code}.detail")] {
                assert!(translations.try_translate(locale.lang(), &id, &FluentArgs::new()).is_ok(), "{id} in {}", locale.lang());
            }
        }
    }
}

#[test]
fn paths_lie_below_the_issuer() {
    let templates = Templates::load("/id/").unwrap();
    let sample = samples::all().remove(0);
    let html = templates.render(sample.page, &templates.negotiate(None), &sample.context).unwrap();
    assert!(html.contains("action=\"/id/login\""));
    assert!(html.contains("data-begin=\"/id/login/passkey/begin\""));
    assert!(html.contains("href=\"/id/assets/"));
}

/// The light and the dark colour of a token of the style sheet, as red, green and blue from 0 to 1.
fn colours(style: &str, token: &str) -> [[f64; 3]; 2] {
    let (_, rest) = style.split_once(&format!("--{token}:")).unwrap_or_else(|| panic!("no token {token}"));
    let value = rest.split_once(';').unwrap().0.trim();
    let both =
        value.strip_prefix("light-dark(").and_then(|pair| pair.strip_suffix(')')).map_or((value, value), |pair| pair.split_once(", ").unwrap());
    [both.0, both.1].map(|hex| {
        let hex = hex.strip_prefix('#').unwrap_or_else(|| panic!("{token}: {hex} is not #rrggbb"));
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
    })
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// WCAG 2.2 1.4.3 and 1.4.11: text has a contrast of 4.5:1, the borders of controls 3:1, in the light and in the dark.
#[test]
fn colours_can_be_told_apart() {
    let (_, style) = files("static/").find(|(name, _)| name == "weft.css").unwrap();
    let style = String::from_utf8(style.into_owned()).unwrap();
    let text = [
        ("ink", "paper surface surface-2 accent-soft"),
        ("ink-2", "paper surface surface-2 accent-soft"),
        ("accent", "paper surface accent-soft"),
        ("on-accent", "accent accent-hover"),
        ("warn", "warn-soft"),
        ("good", "good-soft"),
        ("bad", "bad-soft surface"),
        ("on-hue", "hue-1 hue-2 hue-3 hue-4 hue-5 hue-6"),
    ];
    let borders = [("line-strong", "surface paper"), ("accent", "surface-2")];
    let pairs = text.iter().map(|pair| (pair, 4.5)).chain(borders.iter().map(|pair| (pair, 3.0)));
    for ((front, backs), least) in pairs {
        for back in backs.split(' ') {
            for (front_colour, back_colour) in colours(&style, front).into_iter().zip(colours(&style, back)) {
                let (one, other) = (luminance(front_colour), luminance(back_colour));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
            }
        }
    }
}

/// The bars around the page have the colour of the paper, which they can't take from the style sheet.
#[test]
fn the_browser_is_told_the_colour_of_the_paper() {
    let (_, style) = files("static/").find(|(name, _)| name == "weft.css").unwrap();
    let paper = colours(std::str::from_utf8(&style).unwrap(), "paper");
    for (_, _, html) in rendered() {
        let told: Vec<_> = html
            .split("<meta name=\"theme-color\"")
            .skip(1)
            .map(|meta| meta.split("content=\"").nth(1).unwrap().split('"').next().unwrap())
            .collect();
        assert_eq!(colours(&format!("--paper: light-dark({});", told.join(", ")), "paper"), paper);
    }
}

/// Tokens first: no colour stands outside them.
#[test]
fn no_rule_has_a_colour_of_its_own() {
    let (_, style) = files("static/").find(|(name, _)| name == "weft.css").unwrap();
    let style = String::from_utf8(style.into_owned()).unwrap();
    let rules = style.split_once("\n}\n").expect("the tokens come first").1;
    for line in rules.lines() {
        assert!(!line.contains("rgb(") && !line.contains("hsl("), "{line}");
        // In a mask, black only says where something shows.
        assert!(line.replace("#000", "").matches('#').count() == 0, "{line}");
    }
}

/// Message ids with the variables they use, per language: `{$name}` wherever it stands in the message or its attributes.
fn messages(lang: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for (path, bytes) in files("translations/") {
        if !path.starts_with(&format!("{lang}/")) {
            continue;
        }
        let mut id = String::new();
        for line in String::from_utf8(bytes.into_owned()).unwrap().lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" = ").filter(|_| line.starts_with(|letter: char| letter.is_ascii_alphabetic())) {
                name.clone_into(&mut id);
            } else if let Some((attribute, _)) = line.trim_start().strip_prefix('.').and_then(|line| line.split_once(" = ")) {
                id = format!("{}.{attribute}", id.split('.').next().unwrap());
            }
            if !id.is_empty() {
                let variables: &mut BTreeSet<String> = messages.entry(id.clone()).or_default();
                variables.extend(
                    line.split('$').skip(1).map(|rest| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()),
                );
            }
        }
    }
    messages
}

#[test]
fn every_language_has_the_same_messages_with_the_same_variables() {
    let english = messages("en");
    assert!(english.len() > 100);
    for locale in Translations::load().unwrap().locales() {
        let other = messages(locale.lang());
        let names = |messages: &BTreeMap<String, BTreeSet<String>>| messages.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&english).symmetric_difference(&names(&other)).collect::<Vec<_>>(), Vec::<&String>::new(), "{}", locale.lang());
        assert_eq!(english, other, "{}", locale.lang());
    }
}

/// What `t(...)` names in a template exists, and what exists is named: by a template, or (errors, ways out) by code.
#[test]
fn templates_and_messages_agree() {
    let messages = messages("en");
    let mut used = BTreeSet::new();
    let mut prefixes = BTreeSet::from([
        "error-".to_owned(),
        "way-".to_owned(),
        "moment-".to_owned(),
        "month-".to_owned(),
        "language-".to_owned(),
        "subject-".to_owned(),
    ]);
    for folder in ["layouts/", "components/", "pages/", "mails/"] {
        for (path, bytes) in files(folder) {
            let source = String::from_utf8(bytes.into_owned()).unwrap();
            for call in source.split("t(\"").skip(1) {
                let (id, after) = call.split_once('"').unwrap();
                if after.trim_start().starts_with('~') {
                    assert!(messages.keys().any(|known| known.starts_with(id)), "{path}: nothing begins with {id}");
                    prefixes.insert(id.to_owned());
                } else if !path.contains("icons") && messages_could_be(id) {
                    assert!(messages.contains_key(id), "{path}: {id}");
                    used.insert(id.to_owned());
                }
            }
        }
    }
    let unused: Vec<_> = messages.keys().filter(|id| !used.contains(*id) && !prefixes.iter().any(|prefix| id.starts_with(prefix))).collect();
    assert!(unused.is_empty(), "never said: {unused:?}");
}

/// `asset("weft.css")` ends in `t("` too; a file is no message.
fn messages_could_be(id: &str) -> bool {
    ![".css", ".js", ".svg"].iter().any(|ending| id.ends_with(ending))
}

/// With `WEFTID_SAMPLES=folder` the samples are written there, to be looked at: open `index.html`.
#[test]
fn the_samples_can_be_looked_at() {
    let Some(folder) = std::env::var_os("WEFTID_SAMPLES").map(std::path::PathBuf::from) else { return };
    let templates = Templates::load("").unwrap();
    let path = templates.asset_path("weft.css").unwrap();
    let assets = format!("{}/", path.rsplit_once('/').unwrap().0);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in files("static/") {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let mut index = String::new();
    for (sample, locale, html) in rendered() {
        let name = format!("{}.{}.{}.html", sample.page, sample.state, locale.lang());
        writeln!(index, "<li><a href=\"{name}\">{name}</a></li>").unwrap();
        std::fs::write(folder.join(name), html.replace(&assets, "")).unwrap();
    }
    std::fs::write(folder.join("index.html"), index).unwrap();
}
