//! The configuration as an operator meets it: layers, problems, secrets, and `config/weftid.toml` held equal to the defaults.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::base::secret::ExposeSecret as _;

const SHIPPED: &str = include_str!("../../../config/weftid.toml");

fn nothing() -> impl Iterator<Item = (String, String)> {
    std::iter::empty()
}

fn variables(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>().into_iter()
}

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("weftid.toml");
    fs::write(&path, text).unwrap();
    path
}

fn problems(pairs: &[(&str, &str)]) -> String {
    Config::from_pairs(pairs).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_the_decided_ones() {
    let config = Config::from_pairs(&[]).unwrap();
    assert_eq!(config.issuer.as_str(), "http://localhost:8080");
    assert_eq!((config.passkeys.rp_id.as_str(), config.passkeys.rp_name.as_str()), ("localhost", "WeftID"));
    assert_eq!(config.lifetimes.code, Duration::from_mins(1));
    assert_eq!(config.sessions.absolute, Duration::from_hours(14 * 24));
    assert!(matches!(config.keys.master_key, MasterKeySource::BesideDatabase(path) if path == Path::new("./data/master.key")));
}

/// The shipped file is the documentation of the settings: it says the defaults, and it says every setting.
#[test]
fn the_shipped_file_says_every_setting_with_its_default() {
    let folder = TempDir::new().unwrap();
    let defaults = Config::from_pairs(&[]).unwrap();
    let shipped = Config::load(Some(&file(&folder, SHIPPED)), nothing()).unwrap();
    for (default, shipped) in defaults.effective().iter().zip(shipped.effective()) {
        assert_eq!((default.path, &default.shown), (shipped.path, &shipped.shown), "the file says another default");
    }

    // `#key = value` is a setting whose default is to be absent or follows another; prose is `# ` with a space.
    let uncommented = |line: &'static str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line);
    let everything = SHIPPED.lines().map(uncommented).collect::<Vec<_>>().join("\n");
    let table: toml::Table = everything.parse().unwrap();
    let mut said = BTreeSet::new();
    for (key, value) in &table {
        match value.as_table() {
            Some(section) => said.extend(section.keys().map(|name| format!("{key}.{name}"))),
            None => drop(said.insert(key.clone())),
        }
    }
    let known: BTreeSet<String> = defaults.effective().iter().map(|one| one.path.to_owned()).collect();
    assert_eq!(said, known, "what the file says and what is read are the same settings");

    let mut above = "";
    for line in SHIPPED.lines() {
        let is_setting = line.contains(" = ") && !line.starts_with("# ");
        assert!(!is_setting || above.starts_with('#'), "{line}: a sentence stands above every setting");
        above = line;
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "[lifetimes]\ncode = \"30s\"\naccess_token = \"5min\"\n");
    let config = Config::load(Some(&path), variables(&[("WEFTID__LIFETIMES__CODE", "20s"), ("WEFTID_BIN", "x"), ("PATH", "y")])).unwrap();
    assert_eq!(config.lifetimes.code, Duration::from_secs(20));
    assert_eq!(config.lifetimes.access_token, Duration::from_mins(5));
    assert_eq!(config.lifetimes.refresh_idle, Duration::from_hours(30 * 24));
    let code = config.effective().iter().find(|one| one.path == "lifetimes.code").unwrap();
    assert_eq!((code.shown.as_deref(), &code.origin), (Some("20s"), &Origin::Environment("WEFTID__LIFETIMES__CODE".to_owned())));
}

#[test]
fn every_problem_is_reported_at_once_with_path_and_place() {
    let folder = TempDir::new().unwrap();
    let lines = [
        "issuer = \"http://id.example.com/\"",
        "",
        "[http]",
        "bind = \"localhost\"",
        "body_limit = \"many\"",
        "bnid = 1",
        "[lifetimes]",
        "code = \"2h\"",
        "access_token = 600",
        "refresh_idle = true",
        "[database]",
        "reader_connections = \"4\"",
    ];
    let path = file(&folder, &lines.join("\n"));
    let environment = [("WEFTID__LOG__FORMAT", "xml"), ("WEFTID__http__drain", "1s"), ("WEFTID__SESSION__IDLE", "1h")];
    let wrong = Config::load(Some(&path), variables(&environment)).unwrap_err();
    let lines: Vec<String> = wrong.to_string().lines().map(str::to_owned).collect();
    let expected = [
        ("issuer", "line 1", "https"),
        ("http.bind", "line 4", "127.0.0.1:8080"),
        ("http.body_limit", "line 5", "whole number"),
        ("lifetimes.code", "line 8", "between 10s and 10min"),
        ("lifetimes.access_token", "line 9", "in quotes"),
        ("lifetimes.refresh_idle", "line 10", "is a TOML boolean; must be a whole number with one unit"),
        ("database.reader_connections", "line 12", "without quotes"),
        ("log.format", "environment variable WEFTID__LOG__FORMAT", "\"json\" or \"text\""),
        ("http.bnid", "line 6", "did you mean http.bind"),
        ("WEFTID__http__drain", "environment variable WEFTID__http__drain", "did you mean WEFTID__HTTP__DRAIN"),
        ("session.idle", "environment variable WEFTID__SESSION__IDLE", "did you mean WEFTID__SESSIONS__IDLE"),
    ];
    for (path, place, right) in expected {
        assert!(lines.iter().any(|line| line.starts_with(path) && line.contains(place) && line.contains(right)), "{path}: {wrong}");
    }
    assert_eq!(lines.len(), expected.len(), "{wrong}");
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_a_problem() {
    let folder = TempDir::new().unwrap();
    let missing = Config::load(Some(&folder.path().join("nowhere.toml")), nothing()).unwrap_err().to_string();
    assert!(missing.contains("nowhere.toml") && missing.contains("can't be read"), "{missing}");
    let path = file(&folder, "[database]\nurl = postgres://weftid:canary@db/weftid\n[http]\nbind = \"nowhere\"\n");
    let broken = Config::load(Some(&path), nothing()).unwrap_err().to_string();
    assert!(broken.contains("line 2") && broken.contains("is not TOML"), "{broken}");
    assert!(!broken.contains("canary"), "a broken line is not quoted: {broken}");
    for line in ["\"canary\\q\"", "\"canary", "canary canary", "'canary\u{1}'", "\"canary\" canary", "0xcanary", "[canary", "{canary"] {
        let path = file(&folder, &format!("[keys]\nmaster_key = {line}\n"));
        let broken = Config::load(Some(&path), nothing()).unwrap_err().to_string();
        assert!(!broken.contains("canary"), "{line}: {broken}");
    }
}

/// No secret is shown by a problem, by `Debug` or among the effective settings, wherever it was written.
#[test]
fn secrets_are_never_shown() {
    let key = "canary0123456789canary0123456789canary0123456789canary0123456789";
    let url = "postgres://weftid:canary@db/weftid";
    for pairs in [
        &[("database.url", "mysql://weftid:canary@db/weftid")][..],
        &[("keys.master_key", key)],
        &[("keys.master_key_file", "/canary")],
        &[("database.url_file", url)],
        &[("database.password", "canary")],
        &[("issuer", "https://canary:canary@id.example.com")],
        &[("passkeys.rp_id", "canary"), ("log.filter", "canary=canary=canary"), ("http.bind", "canary"), ("sessions.idle", "canary")],
        &[("database.url", url)],
    ] {
        let shown = problems(pairs);
        assert!(!shown.is_empty() && !shown.contains("canary"), "{shown}");
    }
    let config = Config::from_pairs(&[("database.url", url), ("keys.master_key", &"0123456789abcdef".repeat(4))]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("canary") && !shown.contains("0123456789abcdef"), "{shown}");
}

#[test]
fn secrets_come_from_files_too() {
    let folder = TempDir::new().unwrap();
    let (url_file, key_file) = (folder.path().join("url"), folder.path().join("key"));
    fs::write(&url_file, "postgres://weftid:secret@db/weftid\n").unwrap();
    fs::write(&key_file, "00ff".repeat(16) + "\r\n").unwrap();
    let (url_file, key_file) = (url_file.to_str().unwrap(), key_file.to_str().unwrap());
    let config = Config::from_pairs(&[("database.url_file", url_file), ("keys.master_key_file", key_file)]).unwrap();
    assert!(matches!(&config.database.url, DatabaseUrl::Postgres(url) if url.expose_secret() == "postgres://weftid:secret@db/weftid"));
    assert!(matches!(&config.keys.master_key, MasterKeySource::Given(key) if key.expose()[..2] == [0x00, 0xff]));

    let both = problems(&[("database.url", "sqlite"), ("database.url_file", url_file), ("keys.master_key_file", key_file)]);
    assert!(both.contains("keep one of the two"), "{both}");
    let shipped = file(&folder, SHIPPED);
    let above = [("WEFTID__DATABASE__URL_FILE", url_file), ("WEFTID__KEYS__MASTER_KEY_FILE", key_file)];
    let config = Config::load(Some(&shipped), variables(&above)).unwrap();
    assert!(!config.database.url.is_embedded(), "the environment's file wins over the value in weftid.toml");
    let missing = problems(&[("keys.master_key_file", "/nowhere/master.key")]);
    assert!(missing.contains("keys.master_key_file") && missing.contains("can be read"), "{missing}");
}

#[test]
fn postgresql_demands_a_master_key() {
    let missing = problems(&[("database.url", "postgres://db/weftid")]);
    assert!(missing.contains("keys.master_key_file"), "{missing}");
    assert_eq!(missing.lines().count(), 1, "{missing}");
}

/// WebAuthn §5.1.3: the RP ID is the issuer's host or a parent domain of it.
#[test]
fn the_rp_id_fits_the_issuer() {
    for (issuer, rp_id) in
        [("https://id.example.com", "id.example.com"), ("https://id.example.com", "example.com"), ("http://localhost:8080", "localhost")]
    {
        assert!(Config::from_pairs(&[("issuer", issuer), ("passkeys.rp_id", rp_id)]).is_ok(), "{issuer} {rp_id}");
    }
    for (issuer, rp_id) in [
        ("https://id.example.com", "com"),
        ("https://id.example.com", "other.example.com"),
        ("https://id.example.com", "ample.com"),
        ("https://id.example.com", "login.id.example.com"),
        ("https://id.example.com", ".example.com"),
        ("https://id.example.com", "ID.example.com"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
    ] {
        let shown = problems(&[("issuer", issuer), ("passkeys.rp_id", rp_id)]);
        assert_eq!(shown.lines().count(), 1, "{issuer} {rp_id}: {shown}");
    }
    assert!(problems(&[("issuer", "http://127.0.0.1:8080")]).starts_with("issuer"), "an address can't have passkeys");
}

#[test]
fn settings_that_contradict_each_other_are_a_problem() {
    assert!(problems(&[("sessions.idle", "15d")]).contains("sessions.absolute"));
    assert!(problems(&[("lifetimes.refresh_absolute", "1d")]).starts_with("lifetimes.refresh_absolute"), "the one that was written is blamed");
    assert_eq!(problems(&[("sessions.idle", "x"), ("sessions.absolute", "1h")]).lines().count(), 1, "nothing is said about a default that stands in");
}

#[test]
fn every_setting_has_bounds_that_hold() {
    for (path, low, high) in [
        ("http.body_limit", "16383", "1048577"),
        ("http.request_timeout", "4s", "301s"),
        ("http.drain", "-1s", "301s"),
        ("database.reader_connections", "0", "65"),
        ("database.writes_together", "0", "257"),
        ("passkeys.ceremony", "59s", "601s"),
        ("sessions.idle", "14min", "31d"),
        ("sessions.absolute", "14min", "91d"),
        ("sessions.step_up", "59s", "11min"),
        ("lifetimes.authorization_request", "4min", "3h"),
        ("lifetimes.code", "9s", "601s"),
        ("lifetimes.access_token", "59s", "25h"),
        ("lifetimes.refresh_idle", "59min", "366d"),
        ("lifetimes.refresh_absolute", "59min", "731d"),
        ("lifetimes.refresh_race_window", "-1s", "61s"),
        ("lifetimes.setup_link", "4min", "8d"),
        ("lifetimes.invitation", "4min", "31d"),
        ("sign_in.second_step", "59s", "11min"),
        ("passwords.memory_kib", "7167", "1048577"),
        ("passwords.iterations", "0", "21"),
        ("passwords.parallelism", "0", "9"),
        ("passwords.at_once", "0", "65"),
        ("passwords.waiting", "15", "8193"),
        ("limits.network_per_minute", "4", "100001"),
        ("limits.longest_delay", "59s", "25h"),
        ("limits.network_guesses", "4", "1000001"),
        ("limits.stored_requests", "99", "1000001"),
        ("limits.passkeys_per_user", "1", "51"),
        ("limits.pushes_per_minute", "9", "1000001"),
        ("limits.pushed_requests_per_client", "9", "1000001"),
        ("limits.pushed_requests", "99", "1000001"),
        ("lifetimes.pushed_request", "4s", "601s"),
    ] {
        for text in [low, high] {
            assert!(problems(&[(path, text)]).starts_with(path), "{path} = {text}");
        }
    }
}

#[test]
fn a_hostile_name_stays_on_its_line() {
    let shown = problems(&[("http.x\nissuer (forged): fine", "1"), ("\u{1b}[31m", "1")]);
    assert_eq!(shown.lines().count(), 2, "{shown:?}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

/// B-LC-03
#[test]
fn who_may_use_a_password_is_said_in_one_of_three_words() {
    for (word, with_passkey, without) in [("always", true, true), ("without_passkey", false, true), ("never", false, false)] {
        let policy = Config::from_pairs(&[("sign_in.passwords", word)]).unwrap().sign_in.passwords;
        assert_eq!((policy.allows(true), policy.allows(false)), (with_passkey, without), "{word}");
    }
    assert!(problems(&[("sign_in.passwords", "sometimes")]).contains("\"without_passkey\""));
}

/// However many cores there are, hashing takes no more memory than a small server has.
#[test]
fn hashing_is_bounded_by_memory_whatever_the_cores() {
    for memory_kib in ["7168", "19456", "262144"] {
        let passwords = Config::from_pairs(&[("passwords.memory_kib", memory_kib)]).unwrap().passwords;
        assert!(passwords.at_once == 1 || passwords.at_once * passwords.memory_kib <= 131_072, "{passwords:?}");
    }
}

/// B-PL-03, B-REG-06: what doesn't fit together is said before anybody makes a passkey.
#[test]
fn what_passkeys_may_be_fits_together() {
    let issuer = ("issuer", "https://id.example.com");
    let good = Config::from_pairs(&[issuer, ("passkeys.related_origins", "https://shop.example, https://shop.example:8443")]).unwrap();
    assert_eq!(good.passkeys.related_origins, ["https://shop.example", "https://shop.example:8443"]);
    for (origins, said) in [
        ("http://shop.example", "https origin"),
        ("https://shop.example/", "https origin"),
        ("https://SHOP.example", "https origin"),
        ("shop.example", "https origin"),
        ("https://a.com,https://b.com,https://c.com,https://d.com,https://e.com", "five different names"),
    ] {
        let wrong = problems(&[issuer, ("passkeys.related_origins", origins)]);
        assert!(wrong.contains("passkeys.related_origins") && wrong.contains(said), "{origins}: {wrong}");
    }
    assert!(problems(&[("passkeys.related_origins", "https://shop.example")]).contains("issuer with https"));

    let aaguid = ("passkeys.aaguids", "ee882879-721c-4913-9775-3dfcce97072a");
    let allow = Config::from_pairs(&[("passkeys.attestation", "allow"), aaguid, ("passkeys.device_bound_only", "true")]).unwrap();
    assert!(allow.passkeys.asks_attestation() && allow.passkeys.device_bound_only && allow.passkeys.aaguids.len() == 1);
    assert!(problems(&[("passkeys.attestation", "allow")]).contains("set both, or neither"));
    assert!(problems(&[aaguid]).contains("set both, or neither"));
    assert!(problems(&[("passkeys.attestation", "deny"), ("passkeys.aaguids", "YubiKey")]).contains("AAGUID"));
    assert!(problems(&[("passkeys.attestation", "strict")]).contains("\"off\", \"allow\" or \"deny\""));
    assert!(problems(&[("passkeys.suspected_clone", "delete")]).contains("\"refuse\" or \"allow\""));
    let nowhere = [("passkeys.attestation", "allow"), aaguid, ("passkeys.attestation_ca_files", "/nowhere.pem")];
    assert!(problems(&nowhere).contains("certificates in PEM"));
}

#[test]
fn a_list_is_written_as_toml_writes_it() {
    let folder = TempDir::new().unwrap();
    let text = "issuer = \"https://id.example.com\"\n[passkeys]\nrelated_origins = [\"https://shop.example\"]\ndevice_bound_only = true\n";
    let config = Config::load(Some(&file(&folder, text)), nothing()).unwrap();
    assert_eq!(config.passkeys.related_origins, ["https://shop.example"]);
    assert!(config.passkeys.device_bound_only);
    let shown = |path| config.effective().iter().find(|one| one.path == path).unwrap().shown.clone().unwrap();
    assert_eq!(shown("passkeys.related_origins"), "[\"https://shop.example\"]");
    let text = "[passkeys]\nrelated_origins = \"https://shop.example\"\ndevice_bound_only = \"true\"\naaguids = [1]\n";
    let wrong = Config::load(Some(&file(&folder, text)), nothing()).unwrap_err().to_string();
    assert!(wrong.contains("must be a list") && wrong.contains("true or false, without quotes"), "{wrong}");
}
