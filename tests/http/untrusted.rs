//! Bytes that anybody may send: the seeds of `tests/fuzz`, replayed. The long runs with bytes that nobody thought of are by command
//! (`tests/fuzz/run`); what they find becomes a seed.

use std::collections::BTreeSet;

use weftid_tests::untrusted::TARGETS;

use crate::house::repository;

/// E-LOAD-08, A-TOK-12, B-REG-11: no parser of what strangers send panics, and none believes what nobody signed or sealed.
#[test]
fn what_strangers_send_is_read_or_refused() {
    let seeds = repository().join("tests/fuzz/seeds");
    for (name, target) in TARGETS {
        let folder = seeds.join(name);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let paths: BTreeSet<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert!(paths.len() >= 4, "{name} has only {} seeds", paths.len());
        for path in paths {
            let seed = std::fs::read(&path).unwrap();
            println!("{}", path.display());
            target(&seed);
            // And what a bad line makes of it: cut off, twice, a bit turned.
            target(&seed[..seed.len() / 2]);
            target(&[&seed[..], &seed[..]].concat());
            for at in (0..seed.len()).step_by(seed.len() / 40 + 1) {
                let mut turned = seed.clone();
                turned[at] ^= 1 << (at % 8);
                target(&turned);
            }
        }
    }
}

/// Each target has its program and its seeds, and there are no others.
#[test]
fn every_target_is_fuzzed() {
    let named: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let folder = repository().join("tests/fuzz");
    let files = |folder: &str, ending: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(repository().join("tests/fuzz").join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(ending).to_owned()).collect()
    };
    assert_eq!(files("seeds", ""), named);
    assert_eq!(files("targets", ".rs"), named);
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for name in &named {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"\n")), "{name} is not in tests/fuzz/Cargo.toml");
    }
}
