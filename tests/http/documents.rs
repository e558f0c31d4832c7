//! What the documents promise about tests is true: SECURITY.md names only tests that exist, run, and cite the row they hold.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};

use crate::house::{repository, rust_files};

/// A test as the source shows it.
#[derive(Debug, Default)]
pub(crate) struct Test {
    pub(crate) documentation: String,
    pub(crate) ignored: bool,
}

/// Everything wrong with the table `Row | Test` of a document, given all tests by their full names (`weftid::base::clock::tests::x`).
fn broken_promises(document: &str, tests: &BTreeMap<String, Test>) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> { line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = document.lines().skip_while(|line| cells(line) != ["Row", "Test"]).skip(2).take_while(|line| line.starts_with('|')).peekable();
    if lines.peek().is_none() {
        return vec!["there is no table with the columns Row and Test, or it is empty".to_owned()];
    }
    let mut broken = Vec::new();
    for line in lines {
        let row = cells(line);
        let [id, cell] = row.as_slice() else {
            broken.push(format!("not two columns: {line}"));
            continue;
        };
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            broken.push(format!("{id} names no test: {cell}"));
        }
        for name in names {
            let ending = format!("::{name}");
            let found: Vec<&Test> = tests.iter().filter(|(full, _)| *full == name || full.ends_with(&ending)).map(|(_, test)| test).collect();
            match found.as_slice() {
                [] => broken.push(format!("{id}: there is no test {name}")),
                [test] if test.ignored => broken.push(format!("{id}: {name} is ignored")),
                [test] if !cites(&test.documentation, id) => broken.push(format!("{id}: {name} does not cite its row")),
                [_] => {}
                _ => broken.push(format!("{id}: {name} is the name of several tests")),
            }
        }
    }
    broken
}

/// Whether a comment names this row: as a whole word, so that A-RT-1 is not A-RT-10.
fn cites(documentation: &str, id: &str) -> bool {
    documentation.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == id)
}

/// The tests of these files; `crate_of` gives the name of the crate that a path belongs to, and the module's path in it.
fn tests_of(files: &[(String, String)], crate_of: impl Fn(&str) -> Option<Vec<String>>) -> BTreeMap<String, Test> {
    let mut tests = BTreeMap::new();
    for (path, text) in files {
        let Some(module) = crate_of(path) else { continue };
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Reader { module, tests: &mut tests, every_function: false }.visit_file(&file);
    }
    tests
}

struct Reader<'a> {
    module: Vec<String>,
    tests: &'a mut BTreeMap<String, Test>,
    /// Inside `on_both_databases!` every function is a test.
    every_function: bool,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let last = |attribute: &syn::Attribute| attribute.path().segments.last().map(|segment| segment.ident.to_string());
        let has = |name: &str| item.attrs.iter().any(|attribute| last(attribute).as_deref() == Some(name));
        if self.every_function || has("test") {
            let documentation =
                item.attrs.iter().filter_map(|attribute| match &attribute.meta {
                    syn::Meta::NameValue(syn::MetaNameValue {
                        path, value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }), ..
                    }) if path.is_ident("doc") => Some(text.value()),
                    _ => None,
                });
            let test = Test { documentation: documentation.collect::<Vec<_>>().join("\n"), ignored: has("ignore") };
            self.tests.insert([&self.module[..], &[item.sig.ident.to_string()]].concat().join("::"), test);
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if item.path.segments.last().is_some_and(|segment| segment.ident == "on_both_databases") {
            let inside: syn::File =
                syn::parse2(item.tokens.clone()).unwrap_or_else(|error| panic!("{}: on_both_databases!: {error}", self.module.join("::")));
            Reader { module: self.module.clone(), tests: self.tests, every_function: true }.visit_file(&inside);
        }
    }
}

/// Crate and module of a file of this repository.
fn place(path: &str) -> Option<Vec<String>> {
    let (name, rest) = [
        ("weftid", "idp/src/"),
        ("weftid_migrations", "migrations/src/"),
        ("weftid_tests", "tests/src/"),
        ("http", "tests/http/"),
        ("browser", "tests/browser/"),
    ]
    .iter()
    .find_map(|(name, root)| Some((*name, path.strip_prefix(root)?)))?;
    let mut module: Vec<String> = std::iter::once(name).chain(rest.trim_end_matches(".rs").split('/')).map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    Some(module)
}

/// Every test of this repository.
pub(crate) fn all_tests() -> BTreeMap<String, Test> {
    let root = repository();
    let mut files = Vec::new();
    for tree in ["idp/src", "migrations/src", "tests"] {
        files.extend(rust_files(&root.join(tree)).into_iter().map(|(path, text)| (format!("{tree}/{path}"), text)));
    }
    tests_of(&files, place)
}

/// SECURITY.md: every test that it names exists, is not ignored, and cites the row in its comment.
#[test]
fn security_md_keeps_its_promises() {
    let document = std::fs::read_to_string(repository().join("SECURITY.md")).expect("the repository has a SECURITY.md");
    let tests = all_tests();
    assert!(tests.contains_key("http::documents::security_md_keeps_its_promises"), "the check does not even see itself");
    let broken = broken_promises(&document, &tests);
    assert!(broken.is_empty(), "SECURITY.md:\n{}", broken.join("\n"));
}

/// A check that sees nothing proves nothing: one broken promise of each kind.
#[test]
fn broken_promises_are_seen() {
    let source = r#"
        /// A-RT-01, A-LO-02: a sentence.
        #[tokio::test]
        async fn it_holds() {}
        /// A-RT-01
        #[test]
        #[ignore = "slow"]
        fn it_is_ignored() {}
        /// A-RT-01
        fn it_is_no_test() {}
        weftid_tests::on_both_databases! {
            /// A-RT-10: on both.
            async fn it_holds_on_both(kind: Kind) {}
        }
        mod one { /** A-RT-01 */ #[test] fn twice() {} }
        mod two { /** A-RT-01 */ #[test] fn twice() {} }
    "#;
    let tests = tests_of(&[("tests/http/refresh.rs".to_owned(), source.to_owned())], place);
    let judged = |rows: &str| broken_promises(&format!("# Words\n\n| Row | Test |\n|---|---|\n{rows}\nafter"), &tests).join("; ");
    assert_eq!(
        judged(
            "| A-RT-01 | `it_holds` |\n| A-LO-02 | `http::refresh::it_holds` |\n| A-RT-10 | `refresh::it_holds_on_both` |\n| A-RT-01 | `two::twice` |"
        ),
        ""
    );
    for (row, words) in [
        ("| A-RT-01 | `it_is_missing` |", "there is no test"),
        ("| A-RT-01 | `it_is_no_test` |", "there is no test"),
        ("| A-RT-01 | `holds` |", "there is no test"),
        ("| A-RT-01 | `it_is_ignored` |", "is ignored"),
        ("| A-RT-1 | `it_holds` |", "does not cite"),
        ("| A-RT-1 | `it_holds_on_both` |", "does not cite"),
        ("| A-RT-01 | `twice` |", "several tests"),
        ("| A-RT-01 | later |", "names no test"),
        ("| A-RT-01 |", "not two columns"),
        ("", "no table"),
    ] {
        assert!(judged(row).contains(words), "{row} was believed: {:?}", judged(row));
    }
}
