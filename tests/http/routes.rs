//! Every route of the router, read from the sources: what is added there is crawled without a word here.
//!
//! axum does not tell what it routes, so `.route(..)`, `.nest(..)` and the method routers are read with `syn`. What can't be read fails the
//! test that asks. That the list is the router's is shown by asking it: each route answers exactly these methods.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens as _;
use syn::visit::{self, Visit};

use crate::house::{repository, rust_files};

/// A place and the methods that it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// The path, with `{name}` where something is filled in.
    pub(crate) path: String,
    /// The methods in capitals, without what axum adds (HEAD).
    pub(crate) methods: BTreeSet<String>,
}

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "options", "any"];
/// Where a path is made at run time, for issuers with a path of their own: beside what is listed, nothing new is served there.
const MADE_AT_RUN_TIME: [(&str, &str); 2] = [("router", "path"), ("documents", "metadata_before_path")];

/// All routes, sorted by path.
pub(crate) fn all() -> Vec<Route> {
    let files = rust_files(&repository().join("idp/src"));
    // The demo's applications have a router of their own.
    read(&files.into_iter().filter(|(path, _)| !path.starts_with("cli/")).collect::<Vec<_>>())
}

fn read(files: &[(String, String)]) -> Vec<Route> {
    let mut reader = Reader::default();
    for (path, text) in files {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        reader.module = vec![name_of(path)];
        reader.constants(&file.items);
        reader.method_routers(&file.items);
    }
    for (path, text) in files {
        reader.module = vec![name_of(path)];
        reader.visit_file(&syn::parse_file(text).expect("it was read before"));
    }
    let nested: BTreeSet<&String> = reader.nests.iter().map(|(_, target)| target).collect();
    for (prefix, target) in &reader.nests {
        assert!(reader.routes.contains_key(target), "{prefix} nests {target}, which has no routes that can be read");
    }
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |path: String, methods: &BTreeSet<String>| all.entry(path).or_default().extend(methods.iter().cloned());
    for (function, routes) in &reader.routes {
        for (path, methods) in routes {
            if !nested.contains(function) {
                add(path.clone(), methods);
            }
            for (prefix, _) in reader.nests.iter().filter(|(_, target)| target == function) {
                add(format!("{prefix}{}", if path == "/" { "" } else { path }), methods);
            }
        }
    }
    all.into_iter().map(|(path, methods)| Route { path, methods }).collect()
}

/// The last word of a file's module: `account` for `account/mod.rs`.
fn name_of(path: &str) -> String {
    let path = path.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).rsplit('/').next().unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Reader {
    module: Vec<String>,
    function: String,
    /// By module and name.
    constants: BTreeMap<(String, String), String>,
    /// Functions that make a method router, by module and name.
    makers: BTreeMap<(String, String), BTreeSet<String>>,
    /// By the function that makes the router, as `module::function`.
    routes: BTreeMap<String, Vec<(String, BTreeSet<String>)>>,
    nests: Vec<(String, String)>,
}

impl Reader {
    fn here(&self) -> String {
        self.module.last().cloned().unwrap_or_default()
    }

    fn constants(&mut self, items: &[syn::Item]) {
        for item in items {
            match item {
                syn::Item::Const(item) => {
                    if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &*item.expr {
                        self.constants.insert((self.here(), item.ident.to_string()), text.value());
                    }
                }
                syn::Item::Mod(item) => {
                    self.module.push(item.ident.to_string());
                    self.constants(item.content.as_ref().map_or(&[], |(_, items)| items));
                    self.module.pop();
                }
                _ => {}
            }
        }
    }

    fn method_routers(&mut self, items: &[syn::Item]) {
        for item in items {
            if let syn::Item::Fn(item) = item
                && item.sig.output.to_token_stream().to_string().contains("MethodRouter")
            {
                let mut calls = Calls::default();
                calls.visit_block(&item.block);
                self.makers.insert((self.here(), item.sig.ident.to_string()), calls.0);
            }
        }
    }

    /// The text of a literal, or of a constant of ours.
    fn text(&self, expression: &syn::Expr) -> Option<String> {
        match expression {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            syn::Expr::Path(path) => self.constants.get(&self.names(&path.path)).cloned(),
            syn::Expr::Reference(reference) => self.text(&reference.expr),
            _ => None,
        }
    }

    fn names(&self, path: &syn::Path) -> (String, String) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let module = names.len().checked_sub(2).map_or_else(|| self.here(), |at| names[at].clone());
        (module, names.last().cloned().unwrap_or_default())
    }

    fn methods(&self, expression: &syn::Expr) -> BTreeSet<String> {
        let mut calls = Calls::default();
        calls.visit_expr(expression);
        if let syn::Expr::Call(call) = expression
            && let syn::Expr::Path(path) = &*call.func
            && let Some(methods) = self.makers.get(&self.names(&path.path))
        {
            calls.0.extend(methods.iter().cloned());
        }
        calls.0
    }

    fn is_made_at_run_time(&self, what: &str) -> bool {
        MADE_AT_RUN_TIME.contains(&(self.here().as_str(), what))
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item.attrs.iter().any(|attribute| attribute.to_token_stream().to_string().contains("test")) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function = item.sig.ident.to_string();
        visit::visit_item_fn(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let arguments: Vec<&syn::Expr> = call.args.iter().collect();
        let function = format!("{}::{}", self.here(), self.function);
        match (call.method.to_string().as_str(), arguments.as_slice()) {
            ("route", [path, methods]) if !self.is_made_at_run_time(&self.function) => {
                let said = path.to_token_stream();
                let path = self.text(path).unwrap_or_else(|| panic!("{function}: the path {said} can't be read"));
                let methods = self.methods(methods);
                assert!(!methods.is_empty(), "{function}: the methods of {path} can't be read");
                self.routes.entry(function).or_default().push((path, methods));
            }
            ("nest", [prefix, target]) if !self.is_made_at_run_time(&prefix.to_token_stream().to_string()) => {
                let said = call.to_token_stream();
                let prefix = self.text(prefix).unwrap_or_else(|| panic!("{function}: the prefix of {said} can't be read"));
                let syn::Expr::Call(target) = target else { panic!("{function}: what {prefix} nests can't be read") };
                let syn::Expr::Path(target) = &*target.func else { panic!("{function}: what {prefix} nests can't be read") };
                let (module, name) = self.names(&target.path);
                self.nests.push((prefix, format!("{module}::{name}")));
            }
            ("route_service" | "nest_service" | "fallback_service", _) => panic!("{function}: services can't be read"),
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// The methods that a method router is made of: `get(..).post(..)`.
#[derive(Default)]
struct Calls(BTreeSet<String>);

impl Calls {
    fn note(&mut self, name: &str) {
        if METHODS.contains(&name) {
            self.0.insert(name.to_ascii_uppercase());
        }
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(name) = path.path.segments.last()
        {
            self.note(&name.ident.to_string());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.note(&call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }
}

/// A reader that sees nothing proves nothing.
#[test]
fn routes_are_read_in_every_spelling() {
    let files = [
        ("protocol/discovery.rs", "pub mod path { pub const TOKEN: &str = \"/token\"; }"),
        ("oidc/mod.rs", "fn api() -> R { Router::new().route(path::TOKEN, post(t::post).options(c::p)).layer(Extension(W)) }"),
        ("account/a.rs", "pub const PLACE: &str = \"/a\"; fn routes() -> R { Router::new().route(PLACE, get(show)) }"),
        (
            "login/mod.rs",
            "fn routes() -> R { let r = Router::new().route(\"/b\", get(x).post(y)); r.nest(\"/c/{token}\", inner::routes(1)).nest(\"/d\", inner::routes(2)) }",
        ),
        ("login/inner.rs", "pub(super) fn routes(k: u8) -> R { Router::new().route(\"/\", get(show)).route(\"/go\", post(go)) }"),
        (
            "oidc/documents.rs",
            "fn documents() -> R { R::new().route(\"/doc\", metadata(app)) } fn metadata(a: &App) -> MethodRouter<App> { get(move || x) }",
        ),
        ("web/x.rs", "#[cfg(test)] mod tests { fn f() { Router::new().route(\"/test\", get(x)); } }"),
    ];
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let read: Vec<String> = read(&files).into_iter().map(|route| format!("{} {}", route.path, Vec::from_iter(route.methods).join(","))).collect();
    assert_eq!(read, ["/a GET", "/b GET,POST", "/c/{token} GET", "/c/{token}/go POST", "/d GET", "/d/go POST", "/doc GET", "/token OPTIONS,POST"]);
    let broken = vec![("login/mod.rs".to_owned(), "fn routes() -> R { Router::new().route(&format!(\"/x{y}\"), get(x)) }".to_owned())];
    assert!(std::panic::catch_unwind(|| self::read(&broken)).is_err(), "a path that can't be read is passed over");
}
