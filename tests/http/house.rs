//! The house of `idp/src`: who may lean on whom, which foreign crates stay in which rooms, and what every file owes its reader.
//!
//! Every file is parsed with `syn`; `use` trees, paths in code, paths inside macros and attributes are all followed. What the check can see
//! is shown by planted violations of each kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// The floors, lowest first. A module may use those on floors below its own; modules on one floor never use each other.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["protocol"],
    &["config"],
    &["store"],
    &["adapters"],
    &["keys"],
    &["app"],
    &["actions"],
    &["web"],
    &["oidc", "login", "account", "admin"],
    &["router"],
    &["jobs"],
    &["server"],
    &["cli"],
    &["main"],
];

/// Foreign crates that are named in these rooms only.
const ROOMS: &[(&[&str], &[&str])] = &[
    (&["sea_orm", "sea_orm_migration", "sea_query", "sqlx", "weftid_migrations"], &["store"]),
    (&["josekit"], &["adapters::jose", "keys"]),
    (&["totp_rs", "qrcode"], &["adapters::totp"]),
    (&["zxcvbn"], &["adapters::password_strength"]),
    (&["lettre"], &["adapters::mail"]),
    (&["reqwest", "webpki_roots"], &["adapters::outbound", "cli::demo"]),
    (&["rustls", "tokio_rustls"], &["adapters::outbound", "server"]),
    (&["webauthn_rs", "webauthn_rs_core", "webauthn_rs_proto"], &["adapters::webauthn"]),
    (&["axum", "tower", "tower_http"], HTTP),
    (&["http", "http_body_util"], HTTP),
    (&["hyper", "hyper_util"], &["server"]),
];
const HTTP: &[&str] = &["adapters::http", "app", "web", "oidc", "login", "account", "admin", "router", "jobs", "server", "cli", "main"];

/// Names that say nothing about a file's subject.
const EMPTY_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "manager"];

/// One path that a file names.
struct Reference {
    /// The module that names it.
    from: Vec<String>,
    /// The path, from the crate's root when `ours`.
    path: Vec<String>,
    ours: bool,
    /// Whether a `pub use` hands it on.
    handed_on: bool,
    in_test: bool,
    line: usize,
}

/// Everything wrong with a house of these files (path below `src`, text), one sentence each.
fn violations(files: &[(String, String)]) -> Vec<String> {
    let mut found = Vec::new();
    let modules: BTreeSet<Vec<String>> = files.iter().map(|(path, _)| module_of(path)).collect();
    let mut edges: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    let for_tests: Vec<Vec<String>> = files.iter().flat_map(|(path, text)| modules_for_tests(path, text)).collect();
    for (path, text) in files {
        let file = match syn::parse_file(text) {
            Ok(file) => file,
            Err(error) => {
                found.push(format!("{path}: cannot be read: {error}"));
                continue;
            }
        };
        let module = module_of(path);
        let in_test = for_tests.iter().any(|test| module.starts_with(test));
        let mut reader =
            Reader { modules: &modules, module: module.clone(), imported: BTreeSet::new(), in_test, references: Vec::new(), tricks: Vec::new() };
        reader.collect_imports(&file.items);
        reader.visit_file(&file);
        found.extend(reader.tricks.iter().map(|trick| format!("{path}: {trick}")));
        for reference in &reader.references {
            let said = format!("{path}:{}: {}", reference.line, reference.path.join("::"));
            if reference.ours {
                found.extend(wrong_direction(&module, reference).map(|why| format!("{said} {why}")));
                if !reference.in_test
                    && let Some(target) = file_of(&modules, &reference.path)
                    && !module.starts_with(target)
                {
                    edges.entry(module.clone()).or_default().insert(target.clone());
                }
            }
            found.extend(wrong_room(reference).map(|why| format!("{said} {why}")));
        }
    }
    found.extend(cycles(&edges));
    found
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn wrong_direction(from: &[String], reference: &Reference) -> Option<String> {
    let target = reference.path.first()?;
    let Some(here) = from.first() else {
        // The map declares the modules; handing their content on would give everything a second name without a floor.
        return Some("is used by lib.rs, which is only the map".to_owned());
    };
    if here == target {
        return None;
    }
    match (floor(here), floor(target)) {
        (None, _) => Some(format!("is used by {here}, which stands on no floor")),
        (_, None) => Some("stands on no floor".to_owned()),
        (Some(here_floor), Some(floor)) if floor == here_floor => Some(format!("stands beside {here}: they never use each other")),
        (Some(here_floor), Some(floor)) if floor > here_floor => Some(format!("stands above {here}: use lines point down")),
        _ => None,
    }
}

fn wrong_room(reference: &Reference) -> Option<String> {
    // What a unit test names is not part of the house.
    if reference.in_test {
        return None;
    }
    // A crate may also hide behind one of ours (`crate::store::sea_orm`), so every segment is looked at there.
    let names: &[String] = if reference.ours { &reference.path } else { reference.path.get(..1)? };
    let (krate, rooms) = names.iter().enumerate().find_map(|(place, name)| {
        let (crates, rooms) = ROOMS.iter().find(|(crates, _)| crates.contains(&name.as_str()))?;
        // Our own modules may be called like a crate (`config::http`); such a path is about the module.
        (!reference.ours || place > 0 && *crates != ["http", "http_body_util"]).then_some((name, *rooms))
    })?;
    let here = reference.from.join("::");
    if !rooms.iter().any(|room| here == *room || here.starts_with(&format!("{room}::"))) {
        return Some(format!("is named in {here}; {krate} stays in {}", rooms.join(", ")));
    }
    reference.handed_on.then(|| format!("hands {krate} on with pub use: others would then name it without saying so"))
}

/// Circles among files. A module and the modules inside it are one circle by nature and do not count.
fn cycles(edges: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Vec<String> {
    fn walk<'a>(
        at: &'a Vec<String>,
        edges: &'a BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
        path: &mut Vec<&'a Vec<String>>,
        done: &mut BTreeSet<&'a Vec<String>>,
        found: &mut Vec<String>,
    ) {
        if let Some(start) = path.iter().position(|step| *step == at) {
            let circle: Vec<String> = path[start..].iter().chain([&at]).map(|step| step.join("::")).collect();
            found.push(format!("a circle: {}", circle.join(" -> ")));
            return;
        }
        if !done.insert(at) {
            return;
        }
        path.push(at);
        for next in edges.get(at).into_iter().flatten() {
            walk(next, edges, path, done, found);
        }
        path.pop();
    }
    // Whoever is on the present path was entered, so `done` is asked only after the path.
    let (mut done, mut found) = (BTreeSet::new(), Vec::new());
    for start in edges.keys() {
        walk(start, edges, &mut Vec::new(), &mut done, &mut found);
    }
    found
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// The modules that a file declares for tests only, in files of their own: `#[cfg(test)] mod x;`.
fn modules_for_tests(path: &str, text: &str) -> Vec<Vec<String>> {
    let items = syn::parse_file(text).map(|file| file.items).unwrap_or_default();
    let declared = items.iter().filter_map(|item| match item {
        syn::Item::Mod(item) if item.content.is_none() && is_test(&item.attrs) => Some(item.ident.to_string()),
        _ => None,
    });
    declared.map(|name| [module_of(path), vec![name]].concat()).collect()
}

fn file_of<'a>(modules: &'a BTreeSet<Vec<String>>, path: &[String]) -> Option<&'a Vec<String>> {
    (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]))
}

/// Collects every path of one file.
struct Reader<'a> {
    modules: &'a BTreeSet<Vec<String>>,
    module: Vec<String>,
    /// Names that a `use` of ours brought in: `config::x` after `use crate::config` is not the crate `config`.
    imported: BTreeSet<String>,
    in_test: bool,
    references: Vec<Reference>,
    tricks: Vec<String>,
}

impl Reader<'_> {
    fn collect_imports(&mut self, items: &[syn::Item]) {
        for item in items {
            if let syn::Item::Use(item) = item {
                let mut leaves = Vec::new();
                flatten(&item.tree, &mut Vec::new(), &mut leaves);
                for (path, name) in leaves {
                    if matches!(path.first().map(String::as_str), Some("crate" | "super" | "self" | "weftid")) {
                        self.imported.insert(name);
                    }
                }
            }
        }
    }

    fn note(&mut self, segments: &[String], line: usize, handed_on: bool) {
        let Some(first) = segments.first() else { return };
        let (ours, path) = match first.as_str() {
            "crate" | "weftid" => (true, segments[1..].to_vec()),
            "self" | "super" => {
                let mut at = self.module.clone();
                let mut rest = segments;
                while let Some(step) = rest.first() {
                    match step.as_str() {
                        "self" => {}
                        "super" => {
                            at.pop();
                        }
                        _ => break,
                    }
                    rest = &rest[1..];
                }
                at.extend_from_slice(rest);
                (true, at)
            }
            name if self.imported.contains(name) => return,
            name if self.modules.contains(&[&self.module[..], &[name.to_owned()]].concat()) => (true, [&self.module[..], segments].concat()),
            _ => (false, segments.to_vec()),
        };
        if ours && path.len() <= self.module.len() && self.module.starts_with(&path) {
            return;
        }
        self.references.push(Reference { from: self.module.clone(), path, ours, handed_on, in_test: self.in_test, line });
    }

    /// Follows what looks like a path in tokens that `syn` does not read: `a::b::c`. In an attribute, strings are looked at too.
    fn scan(&mut self, tokens: TokenStream, strings: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream(), strings),
                TokenTree::Ident(first) => {
                    let (line, mut segments) = (first.span().start().line, vec![first.to_string()]);
                    while let (Some(TokenTree::Punct(one)), Some(TokenTree::Punct(two)), Some(next)) =
                        (tokens.get(at + 1), tokens.get(at + 2), tokens.get(at + 3))
                    {
                        if one.as_char() != ':' || two.as_char() != ':' {
                            break;
                        }
                        match next {
                            TokenTree::Ident(next) => segments.push(next.to_string()),
                            // A use tree inside a macro: each branch begins with what came before it.
                            TokenTree::Group(group) => {
                                let branches: Vec<String> = group
                                    .stream()
                                    .into_iter()
                                    .filter_map(|token| if let TokenTree::Ident(name) = token { Some(name.to_string()) } else { None })
                                    .collect();
                                for branch in branches {
                                    self.note(&[&segments[..], &[branch]].concat(), line, false);
                                }
                                break;
                            }
                            _ => break,
                        }
                        at += 3;
                    }
                    if segments.len() > 1 {
                        self.note(&segments, line, false);
                    }
                }
                TokenTree::Literal(literal) if strings => {
                    // serde and others take paths in strings: #[serde(with = "crate::base::x")].
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
                        && text.value().contains("::")
                        && let Ok(path) = syn::parse_str::<syn::Path>(&text.value())
                    {
                        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                        self.note(&segments, literal.span().start().line, false);
                    }
                }
                TokenTree::Literal(_) | TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, String)>) {
    let mut leaf = |name: &syn::Ident, called: &syn::Ident| {
        let mut path = before.clone();
        if name != "self" || path.is_empty() {
            path.push(name.to_string());
        }
        let called = if called == "self" { path.last().cloned().unwrap_or_default() } else { called.to_string() };
        leaves.push((path, called));
    };
    match tree {
        syn::UseTree::Name(name) => leaf(&name.ident, &name.ident),
        syn::UseTree::Rename(rename) => leaf(&rename.ident, &rename.rename),
        syn::UseTree::Glob(_) => leaves.push((before.clone(), "*".to_owned())),
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, leaves)),
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg") && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test"))
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.tricks.push(format!("mod {} lies elsewhere (#[path]): a module's place is its name", item.ident));
        }
        let Some((_, items)) = &item.content else { return };
        let before = (self.in_test, self.imported.clone());
        self.in_test |= is_test(&item.attrs);
        self.module.push(item.ident.to_string());
        self.collect_imports(items);
        visit::visit_item_mod(self, item);
        self.module.pop();
        (self.in_test, self.imported) = before;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        let handed_on = !matches!(item.vis, syn::Visibility::Inherited);
        for (path, _) in leaves {
            self.note(&path, item.span().start().line, handed_on);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.tricks.push(format!("extern crate {} gives a crate another name", item.ident));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.note(&segments, path.span().start().line, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if item.path.is_ident("include") {
            self.tricks.push("include! brings in code that nobody sees here".to_owned());
        }
        visit::visit_path(self, &item.path);
        self.scan(item.tokens.clone(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        match &attribute.meta {
            syn::Meta::List(list) => self.scan(list.tokens.clone(), true),
            syn::Meta::Path(path) => self.visit_path(path),
            syn::Meta::NameValue(_) => {}
        }
    }
}

/// Every Rust file below a directory: its path below it, and its text.
pub(crate) fn rust_files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        for path in entries.map(|entry| entry.expect("a directory's entry").path()) {
            if path.is_dir() && !path.ends_with("target") {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("it lies below").display().to_string();
                files.push((name, std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))));
            }
        }
    }
    files.sort();
    files
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_owned()
}

/// ARCHITECTURE.md: `use` lines point down the house only, foreign crates stay in their rooms, and there is no circle.
#[test]
fn the_house_leans_downwards() {
    let found = violations(&rust_files(&repository().join("idp/src")));
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// CONTRIBUTING.md: every file opens with a caption, and its name says its subject.
#[test]
fn every_file_has_a_caption_and_a_name() {
    let root = repository();
    for tree in ["idp/src", "migrations/src", "tests"] {
        for (path, text) in rust_files(&root.join(tree)) {
            assert!(text.starts_with("//!"), "{tree}/{path} does not open with a caption (//!)");
            let names = path.trim_end_matches(".rs").split('/');
            assert!(!names.clone().any(|name| EMPTY_NAMES.contains(&name)), "{tree}/{path} is named after nothing");
        }
    }
}

/// A check that sees nothing proves nothing: one planted violation of each kind.
#[test]
fn planted_violations_are_seen() {
    type Planted<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let planted: &[Planted] = &[
        ("a use line upwards", &[("base/clock.rs", "use crate::store::user::User;")], "stands above base"),
        ("a use tree upwards", &[("base/clock.rs", "use crate::{base::id, store::{user, spent}};")], "store::spent stands above"),
        ("a path in code", &[("store/user.rs", "fn f() { crate::web::page::show() }")], "stands above store"),
        ("a path in a type", &[("store/user.rs", "struct S { p: Option<crate::web::page::Page> }")], "stands above store"),
        ("a qualified path", &[("store/user.rs", "fn f() { <u8 as crate::web::Shows>::show() }")], "stands above store"),
        ("super", &[("base/clock.rs", "use super::super::store::user;")], "stands above base"),
        ("super from an inner module", &[("base/clock.rs", "mod inner { use super::super::super::store::user; }")], "stands above base"),
        ("a path in a macro", &[("base/clock.rs", "fn f() { format!(\"{}\", crate::store::name()) }")], "stands above base"),
        ("a use tree in a macro", &[("base/clock.rs", "m! { use crate::{store, keys}; }")], "store stands above base"),
        ("a macro's body", &[("base/clock.rs", "macro_rules! m { () => { $crate::store::name() } }")], "stands above base"),
        ("a path in an attribute", &[("base/clock.rs", "#[serde(with = \"crate::store::text\")] struct S;")], "stands above base"),
        ("a re-export upwards", &[("protocol/mod.rs", "pub use crate::config::Config;")], "stands above protocol"),
        ("a glob upwards", &[("protocol/mod.rs", "use crate::config::*;")], "stands above protocol"),
        ("the crate by its name", &[("base/clock.rs", "use weftid::store::user;")], "stands above base"),
        ("a neighbour", &[("oidc/token.rs", "use crate::login::passkey;")], "stands beside oidc"),
        ("another neighbour", &[("account/mod.rs", "use crate::oidc::token;")], "stands beside account"),
        ("a room that is on no plan", &[("base/clock.rs", "use crate::attic::x;")], "on no floor"),
        ("a file that is on no plan", &[("attic.rs", "use crate::base::x;")], "on no floor"),
        ("a second name in the map", &[("lib.rs", "pub use store::user::User;"), ("store/mod.rs", "")], "only the map"),
        ("the database above its floor", &[("actions/users.rs", "use sea_orm::EntityTrait;")], "sea_orm stays in store"),
        ("the database through the store", &[("actions/users.rs", "use crate::store::sea_orm::EntityTrait;")], "sea_orm stays in store"),
        ("the database handed on", &[("store/mod.rs", "pub use sea_orm::DatabaseTransaction;")], "hands sea_orm on"),
        ("a unit test upwards", &[("base/clock.rs", "#[cfg(test)] mod tests { use crate::store::user; }")], "stands above base"),
        ("a file for what is not a test", &[("login/mod.rs", "#[cfg(not(test))] mod x;"), ("login/x.rs", "use josekit::jws;")], "josekit stays in"),
        ("signatures elsewhere", &[("oidc/token.rs", "fn f() { josekit::jws::sign() }")], "josekit stays in"),
        ("signatures in another adapter", &[("adapters/webauthn.rs", "use josekit::jws;")], "josekit stays in"),
        ("ceremonies elsewhere", &[("login/passkey.rs", "use webauthn_rs_proto::X;")], "webauthn_rs_proto stays in"),
        ("HTTP below the web", &[("actions/users.rs", "use axum::Json;")], "axum stays in"),
        ("HTTP in templates", &[("adapters/templates.rs", "fn f() -> http::StatusCode { todo() }")], "http stays in"),
        ("a circle of two", &[("base/a.rs", "use crate::base::b::B;"), ("base/b.rs", "use super::a::A;")], "a circle"),
        (
            "a circle of three",
            &[("store/a.rs", "use super::b::B;"), ("store/b.rs", "use super::c::C;"), ("store/c.rs", "use crate::store::a::A;")],
            "a circle",
        ),
        ("a module that lies elsewhere", &[("base/mod.rs", "#[path = \"../store/x.rs\"] mod x;")], "lies elsewhere"),
        ("code from nowhere", &[("base/mod.rs", "include!(\"x.rs\");")], "nobody sees"),
        ("a crate by another name", &[("actions/x.rs", "extern crate sea_orm as s;")], "another name"),
        ("no Rust", &[("base/mod.rs", "fn {")], "cannot be read"),
    ];
    for (kind, files, words) in planted {
        let found = violations(&house(files));
        assert!(found.iter().any(|sentence| sentence.contains(words)), "{kind} was not seen: {found:?}");
    }
}

/// The other side: what is allowed raises no alarm.
#[test]
fn a_good_house_is_left_alone() {
    let good: &[(&str, &str)] = &[
        ("lib.rs", "/// Time.\npub mod base; pub mod config;"),
        ("main.rs", "use weftid::cli; fn main() { weftid::cli::run() }"),
        ("base/mod.rs", "pub mod clock; pub use clock::Time;"),
        (
            "base/clock.rs",
            "use super::Time; use std::http::X; pub struct Time; fn f() { log(\"weftid::store\"); m!(\"sqlx::query\") } #[cfg(test)] mod tests { use super::*; use crate::base::id; }",
        ),
        ("base/id.rs", "use crate::base::clock::Time; use self::inner::X; mod inner { pub(in crate::base) struct X; }"),
        ("config/mod.rs", "mod http; use crate::base::clock; fn f() { http::Bind::new(); clock::now(); }"),
        ("config/http.rs", "pub struct Bind;"),
        ("store/mod.rs", "use sea_orm::DatabaseTransaction; pub mod user;"),
        ("store/user.rs", "use sea_orm::{EntityTrait as _, entity::prelude::*}; use super::Write;"),
        ("login/passkey.rs", "use axum::Json; use crate::config::http::Bind; use crate::{actions::passkeys, web::page};"),
        ("adapters/webauthn/mod.rs", "use webauthn_rs::prelude::*; #[cfg(test)] mod device;"),
        ("adapters/webauthn/device.rs", "use josekit::jws;"),
        ("store/spent.rs", "#[cfg(test)] mod tests { fn f() { tower_http::x() } }"),
        ("cli/mod.rs", "use crate::{server, jobs, router};"),
    ];
    assert_eq!(violations(&house(good)), [""; 0]);
}

fn house(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}
