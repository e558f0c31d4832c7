//! `weftid clients` as a process of its own: every verb, as people read it and as programs do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weftid_tests::database::Database;
use weftid_tests::on_both_databases;
use weftid_tests::process::{Ended, environment, run};
use weftid_tests::watched::free_port;

use crate::stored::events;

struct Shell {
    database: Database,
    environment: BTreeMap<String, String>,
}

impl Shell {
    async fn on(kind: weftid_tests::database::Kind) -> Self {
        let database = Database::empty(kind).await;
        let environment = environment(&database, free_port());
        Self { database, environment }
    }

    async fn runs(&self, line: &[&str]) -> Ended {
        run(&[&["clients"], line].concat(), &self.environment).await
    }

    /// What it says; ends the test when it fails.
    async fn says(&self, line: &[&str]) -> String {
        let ended = self.runs(line).await;
        assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{line:?}: {ended:?}");
        ended.stdout
    }

    async fn json(&self, line: &[&str]) -> Value {
        let said = self.says(line).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{line:?}: {error}: {said}"))
    }

    /// What it complains about; ends the test when it does not fail with `code`.
    async fn fails(&self, line: &[&str], code: i32) -> String {
        let ended = self.runs(line).await;
        assert_eq!(ended.status.code(), Some(code), "{line:?}: {ended:?}");
        assert!(ended.stdout.is_empty(), "{line:?}: {ended:?}");
        ended.stderr
    }

    /// A file with this JSON.
    fn file(&self, name: &str, content: &Value) -> String {
        let path = self.database.data_dir().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path.display().to_string()
    }
}

fn entry(id: &str, secret: &str) -> Value {
    json!({"client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/cb")], "client_secret": secret})
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

on_both_databases! {
    /// E-RACE-12: a client's life by the command line: registered, shown, listed, changed, shut out, let in, deleted; each in words and in JSON.
    async fn a_client_lives_by_the_command_line(kind: Kind) {
        let shell = Shell::on(kind).await;
        let create = ["create", "--client-id", "shop", "--name", "Shop", "--redirect-uri", "https://shop.test/cb", "--refresh", "--json"];
        let made = shell.json(&create).await;
        assert_eq!((&made["client_id"], &made["enabled"], &made["source"]), (&json!("shop"), &json!(true), &json!("administrator")));
        assert!(made["client_secret"].as_str().unwrap().starts_with("wcs_") && made["created_at"].is_i64() && made["version"].is_i64());
        assert_eq!(made["scope"], "openid profile email offline_access");
        assert!(shell.fails(&create, 1).await.contains("registered already"));
        let said = shell.says(&["create", "--name", "Wiki", "--redirect-uri", "https://wiki.test/cb", "--public"]).await;
        assert!(said.starts_with("client_id      ") && !said.contains("client_secret"), "{said}");

        let shown = shell.json(&["show", "shop", "--json"]).await;
        assert!(shown.get("client_secret").is_none());
        let told = ["client_secret", "client_secret_expires_at"];
        let without: serde_json::Map<String, Value> =
            made.as_object().unwrap().clone().into_iter().filter(|(member, _)| !told.contains(&member.as_str())).collect();
        assert_eq!(shown, Value::Object(without));
        assert!(shell.says(&["show", "shop"]).await.contains("https://shop.test/cb"));
        let listed = shell.says(&["list", "--json"]).await;
        let lines: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), &lines[0]), (2, &shown));
        assert!(shell.says(&["list"]).await.contains("shop\tShop\tenabled\tadministrator"));

        let changed = shell.json(&["update", "shop", "--name", "Shop 2", "--require-consent=false", "--redirect-uri", "https://shop.test/2", "--json"]).await;
        assert_eq!((&changed["client_name"], &changed["redirect_uris"], &changed["scope"]), (&json!("Shop 2"), &json!(["https://shop.test/2"]), &made["scope"]));
        assert!(changed.get("client_secret").is_none());
        assert!(shell.says(&["update", "shop", "--clear", "require_consent"]).await.contains("is changed: require_consent."));
        assert!(shell.says(&["update", "shop", "--name", "Shop 2"]).await.contains("just that already"));
        // A stale document changes nothing (E-RACE-12).
        let version = changed["version"].to_string();
        assert!(shell.fails(&["update", "shop", "--tos-uri", "https://shop.test/terms", "--if-version", &version], 1).await.contains("changed meanwhile"));
        let stale = shell.file("stale.json", &changed);
        assert!(shell.fails(&["update", "shop", "--json", &stale], 1).await.contains("changed meanwhile"));
        // A whole document replaces: what it does not say has its default.
        let mut whole = shell.json(&["show", "shop", "--json"]).await;
        whole.as_object_mut().unwrap().retain(|member, _| ["client_id", "client_name", "redirect_uris", "version", "enabled"].contains(&member.as_str()));
        let whole = shell.file("whole.json", &whole);
        let replaced = shell.json(&["update", "shop", "--json", &whole]).await;
        assert_eq!((&replaced["scope"], &replaced["grant_types"]), (&json!("openid profile email"), &json!(["authorization_code"])));
        let refused = shell.file("refused.json", &json!({"client_name": "Shop", "redirect_uris": ["https://shop.test/cb"], "enabled": false}));
        assert!(shell.fails(&["update", "shop", "--json", &refused], 1).await.contains("weftid clients disable"));
        let copy = shell.file("copy.json", &{
            let mut copy = replaced.clone();
            copy["client_id"] = json!("copy");
            copy["client_name#de"] = json!("Kopie");
            copy
        });
        assert_eq!(shell.json(&["create", "--json", &copy, "--name", "Copy"]).await["client_name"], "Copy", "what is shown can be registered again");
        // To public and back: a new secret.
        shell.says(&["update", "shop", "--public"]).await;
        assert!(shell.says(&["update", "shop", "--clear", "token_endpoint_auth_method"]).await.contains("client_secret  wcs_"));
        for (line, words) in [
            (&["update", "shop", "--redirect-uri", "javascript:alert(1)", "--tos-uri", "x"][..], &["redirect_uris", "tos_uri"][..]),
            (&["update", "ghost", "--name", "X"], &["ghost"]),
            (&["update", "shop", "--clear", "colour"], &["colour"]),
            (&["update", "shop", "--json", "/nowhere/x.json"], &["/nowhere/x.json"]),
            (&["create", "--name", "X"], &["redirect_uris"]),
            (&["create", "--redirect-uri", "http://x.test/cb", "--scope", "wiki"], &["client_name", "redirect_uris", "scope"]),
            (&["delete", "ghost"], &["ghost"]),
            (&["delete", "shop", "--if-version", "1"], &["changed meanwhile"]),
        ] {
            let said = shell.fails(line, 1).await;
            assert!(words.iter().all(|word| said.contains(word)), "{line:?}: {said}");
        }
        assert!(shell.fails(&["update", "shop", "--public", "--secret-in-body"], 2).await.contains("--public"));

        assert!(shell.says(&["disable", "shop"]).await.contains("is now disabled"));
        assert_eq!(shell.json(&["show", "shop", "--json"]).await["enabled"], false);
        assert!(shell.says(&["enable", "shop"]).await.contains("is now enabled"));
        assert_eq!(shell.json(&["delete", "shop", "--json"]).await, json!({"client_id": "shop", "deleted": true}));
        assert!(shell.fails(&["show", "shop"], 1).await.contains("shop"));
        // Its id is free again.
        shell.says(&["create", "--client-id", "shop", "--name", "Another", "--redirect-uri", "https://shop.test/cb"]).await;
        assert_eq!(shell.json(&["show", "shop", "--json"]).await["client_name"], "Another");
        assert_eq!(events(&shell.database, "client_updated").await, 5);
        let complete = "SELECT count(*) FROM audit_events WHERE kind = 'client_updated' AND actor = 'command_line' AND client_id = 'shop'
                        AND detail LIKE '%\"changed\":[\"client_name\",\"redirect_uris\",\"require_consent\"]%'";
        assert_eq!((shell.database.count(complete).await, events(&shell.database, "client_deleted").await), (1, 1));
    }

    /// Many clients with ids and secrets of their own: all or none, every problem of each named; importing the same again changes nothing.
    async fn an_import_is_whole_or_nothing(kind: Kind) {
        let shell = Shell::on(kind).await;
        let public = json!({"client_id": "app", "client_name": "App", "redirect_uris": ["https://app.test/cb"], "token_endpoint_auth_method": "none"});
        let unsaid = json!({"client_id": "unsaid", "client_name": "Unsaid", "redirect_uris": ["https://u.test/cb"], "enabled": false});
        let good = json!([entry("a", SECRET), public, unsaid]);
        let bad = json!([entry("b", SECRET), entry("a", "short"), {"client_id": "c", "client_name": "C", "redirect_uris": ["http://c.test/"], "colour": 1}]);
        let said = shell.fails(&["import", &shell.file("bad.json", &bad)], 1).await;
        for words in ["number 2 (a): client_secret", "number 3 (c): colour", "number 3 (c): redirect_uris"] {
            assert!(said.contains(words), "{said}");
        }
        assert!(!said.contains("short\"") && shell.says(&["list"]).await.is_empty(), "nothing was kept");
        let file = shell.file("good.json", &good);
        let said = shell.says(&["import", &file]).await;
        assert!(said.contains("unsaid\twcs_") && said.ends_with("3 registered, 0 changed, 0 unchanged.\n"), "{said}");
        assert!(shell.says(&["import", &file]).await.ends_with("0 registered, 0 changed, 3 unchanged.\n"));
        assert_eq!(shell.json(&["show", "unsaid", "--json"]).await["enabled"], false);
        assert_eq!(events(&shell.database, "client_registered").await, 3);

        let mut other = good.clone();
        other[0]["client_secret"] = json!("fedcba9876543210fedcba9876543210");
        other[1]["client_name"] = json!("App 2");
        other[2]["enabled"] = json!(true);
        let said = shell.says(&["import", &shell.file("other.json", &other), "--json"]).await;
        let became: Vec<String> = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["became"].as_str().unwrap().to_owned()).collect();
        assert_eq!(became, ["updated", "updated", "updated"]);
        for changed in ["client_secret", "client_name", "enabled"] {
            let sql = format!("SELECT count(*) FROM audit_events WHERE kind = 'client_updated' AND detail LIKE '%\"changed\":[\"{changed}\"]%'");
            assert_eq!(shell.database.count(&sql).await, 1, "{changed}");
        }
        assert!(shell.fails(&["import", &shell.file("none.json", &json!({"client_id": "a"}))], 1).await.contains("JSON array"));
        let weak = shell.file("weak.json", &json!([entry("weak", "short")]));
        assert!(shell.fails(&["import", &weak], 1).await.contains("--allow-weak-secret"));
        shell.says(&["import", &weak, "--allow-weak-secret"]).await;
        // What is listed can be imported again, elsewhere too.
        let listed = shell.says(&["list", "--json"]).await;
        let listed: Value = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect();
        assert!(shell.says(&["import", &shell.file("listed.json", &listed)]).await.ends_with("0 registered, 0 changed, 4 unchanged.\n"));
    }

    /// Ten thousand clients in one import, in one transaction, and all of them are there.
    async fn ten_thousand_clients_are_imported_at_once(kind: Kind) {
        let shell = Shell::on(kind).await;
        let list: Value = (0..10_000).map(|number| entry(&format!("client-{number}"), SECRET)).collect();
        let file = shell.file("many.json", &list);
        let began = Instant::now();
        assert!(shell.says(&["import", &file]).await.ends_with("10000 registered, 0 changed, 0 unchanged.\n"));
        assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
        assert_eq!(shell.database.count("SELECT count(DISTINCT version) FROM clients").await, 1);
        assert_eq!((shell.database.count("SELECT count(*) FROM clients").await, events(&shell.database, "client_registered").await), (10_000, 10_000));
        assert_eq!(shell.json(&["show", "client-9999", "--json"]).await["client_name"], "client-9999");
    }

    /// A-DCR-01: tokens for registration are made, listed and withdrawn; what is told once is told once.
    async fn initial_access_tokens_are_looked_after(kind: Kind) {
        let shell = Shell::on(kind).await;
        let command = |rest: &[&'static str]| [&["initial-access-token"], rest].concat();
        let made = shell.json(&command(&["create", "--uses", "3", "--expires-in", "2h", "--note", "for the shop", "--json"])).await;
        assert!(made["initial_access_token"].as_str().unwrap().starts_with("wia_"));
        assert_eq!((&made["uses_left"], &made["note"], &made["state"]), (&json!(3), &json!("for the shop"), &json!("good")));
        assert_eq!(made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap(), 7_200);
        assert!(shell.says(&command(&["create"])).await.starts_with("wia_"));
        let listed = shell.says(&command(&["list", "--json"])).await;
        assert!(listed.lines().count() == 2 && !listed.contains("wia_"), "{listed}");
        let id = made["id"].as_str().unwrap();
        assert!(shell.says(&["initial-access-token", "revoke", id]).await.contains("is withdrawn"));
        assert!(shell.fails(&["initial-access-token", "revoke", id], 1).await.contains("withdrawn before"));
        assert!(shell.says(&command(&["list"])).await.contains("withdrawn\t3 left\tfor the shop"));
        for wrong in [&["create", "--uses", "0"][..], &["create", "--expires-in", "soon"], &["create", "--expires-in", "366d"], &["revoke", "x"]] {
            shell.fails(&command(wrong), 2).await;
        }
    }
}
