//! Every kind of audit event, as the sources name them: whatever is about a person has its sentence in Account > Activity, or is said to be
//! routine there; and no sentence is left of a kind that is gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use weftid::actions::activity::{KINDS, ROUTINE};

/// Kinds that are about nobody's account.
const NOBODYS: [&str; 14] = [
    "challenge_repeated",
    "client_registered",
    "client_updated",
    "client_deleted",
    "client_enabled",
    "client_disabled",
    "client_secret_added",
    "client_secret_revoked",
    "initial_access_token_made",
    "initial_access_token_revoked",
    "initial_access_token_used",
    "invitation_made",
    "setup_link_made",
    "signing_key_created",
];

/// Functions of the actions that hand a kind on to `Event::new`, whatever their other arguments are.
const HAND_ON: [&str; 2] = ["event", "revoke_in"];

/// The kinds that a file names, and the places where one can't be seen.
#[derive(Default)]
struct Reader {
    kinds: BTreeSet<String>,
    unseen: Vec<String>,
}

/// The texts that this expression may be: a literal, or one in each branch of an `if`.
fn texts(expression: &syn::Expr) -> Vec<String> {
    match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => vec![text.value()],
        syn::Expr::If(branches) => {
            let last = |block: &syn::Block| match block.stmts.last() {
                Some(syn::Stmt::Expr(value, None)) => texts(value),
                _ => Vec::new(),
            };
            let otherwise = branches.else_branch.iter().flat_map(|(_, value)| texts(value));
            last(&branches.then_branch).into_iter().chain(otherwise).collect()
        }
        syn::Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(value, None)) => texts(value),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(called) = &*call.func {
            let names: Vec<String> = called.path.segments.iter().map(|part| part.ident.to_string()).collect();
            if names.ends_with(&["Event".to_owned(), "new".to_owned()]) {
                let kind = call.args.first().expect("it has a kind");
                let found = texts(kind);
                let is_handed_on = matches!(kind, syn::Expr::Path(path) if path.path.is_ident("kind"))
                    || matches!(kind, syn::Expr::Field(field) if matches!(&field.member, syn::Member::Named(name) if name == "kind"));
                if found.is_empty() && !is_handed_on {
                    self.unseen.push(format!("Event::new in {names:?}"));
                }
                self.kinds.extend(found);
            } else if names.last().is_some_and(|name| HAND_ON.contains(&name.as_str())) {
                self.kinds.extend(call.args.iter().flat_map(texts));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "event" {
            self.kinds.extend(call.args.iter().flat_map(texts));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(value)) = (&local.pat, &local.init)
            && name.ident == "kind"
        {
            self.kinds.extend(texts(&value.expr));
        }
        visit::visit_local(self, local);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if matches!(&field.member, syn::Member::Named(name) if name == "kind") {
            self.kinds.extend(texts(&field.expr));
        }
        visit::visit_field_value(self, field);
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            _ => {}
        }
    }
}

fn read(text: &str, reader: &mut Reader) {
    reader.visit_file(&syn::parse_file(text).expect("Rust"));
}

/// C-LOG-01, D-AUD-03: whatever the log says about a person has words for that person.
#[test]
fn every_kind_about_a_person_has_its_sentence() {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../idp/src"), &mut paths);
    let mut reader = Reader::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of ours");
        if path.components().any(|part| part.as_os_str() == "actions") {
            read(&text, &mut reader);
        } else {
            assert!(!text.contains("Event::new("), "{}: events are for actions", path.display());
        }
    }
    assert_eq!(reader.unseen, Vec::<String>::new(), "a kind that this test can't see");
    let known: BTreeSet<String> = KINDS.iter().map(|(kind, _)| *kind).chain(ROUTINE).chain(NOBODYS).map(str::to_owned).collect();
    let missing: Vec<&String> = reader.kinds.difference(&known).collect();
    assert!(missing.is_empty(), "no sentence in Account > Activity (actions/activity): {missing:?}");
    let gone: Vec<&String> = known.difference(&reader.kinds).collect();
    assert!(gone.is_empty(), "nobody records these any more, or this test does not see it: {gone:?}");
}

/// The reader sees every way in which actions name a kind.
#[test]
fn kinds_are_seen_wherever_they_are_named() {
    let mut reader = Reader::default();
    let planted = r#"
        fn f() {
            Event::new("a", o).detail("no", "none").record();
            audit::Event::new(if x { "b" } else if y { "c" } else { "d" }, o);
            let kind = if x { "e" } else { "f" };
            Event::new(kind, o);
            self.event("g").detail("reason", "none");
            event(if x { "h" } else { "i" }, o);
            revoke_in(write, id, "j", o);
            let job = Revoke { grant, kind: "k" };
            Event::new(computed(), o);
        }
    "#;
    read(planted, &mut reader);
    assert_eq!(reader.kinds, ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map(str::to_owned).into());
    assert_eq!(reader.unseen.len(), 1);
}
