//! The first tables: people and their passkeys, sessions, clients and what they were given, keys, the memory of what is spent, and the audit log.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, binary_null, boolean, text, text_null, uuid, uuid_null};
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut table in [
            users(),
            passkeys(),
            backup_codes(),
            passwords(),
            totps(),
            attempts(),
            mails(),
            one_time_links(),
            sessions(),
            session_clients(),
            clients(),
            client_secrets(),
            initial_access_tokens(),
            consents(),
            grants(),
            authorization_requests(),
            foreign_spent(),
            pushed_requests(),
            horizon(),
            keys(),
            data_keys(),
            audit_events(),
        ] {
            manager.create_table(table.take()).await?;
        }
        manager.create_table(spent(manager.get_database_backend())).await?;
        for (table, columns) in [
            ("passkeys", ["user_id"].as_slice()),
            ("backup_codes", &["user_id"]),
            ("sessions", &["user_id"]),
            ("sessions", &["created_at"]),
            ("one_time_links", &["expires_at"]),
            ("one_time_links", &["user_id"]),
            ("session_clients", &["client_id"]),
            ("clients", &["version"]),
            ("clients", &["source"]),
            ("clients", &["deleted_at"]),
            ("initial_access_tokens", &["expires_at"]),
            ("consents", &["client_id"]),
            ("client_secrets", &["client_id"]),
            ("client_secrets", &["expires_at"]),
            ("foreign_spent", &["expires_at"]),
            ("grants", &["user_id"]),
            ("grants", &["client_id"]),
            ("grants", &["session_id"]),
            ("grants", &["absolute_ends_at"]),
            ("authorization_requests", &["expires_at"]),
            ("pushed_requests", &["expires_at"]),
            ("pushed_requests", &["client_id"]),
            ("audit_events", &["user_id", "id"]),
            ("attempts", &["forgotten_at"]),
            ("mails", &["next_at"]),
        ] {
            manager.create_index(index(table, columns)).await?;
        }
        // Of those alone that have not ended, and of those that are to be told: the others are many, and never looked for.
        for (table, column, condition) in [
            ("sessions", "last_seen_at", Expr::col("ended_at").is_null()),
            ("sessions", "created_at", Expr::col("ended_at").is_null()),
            ("session_clients", "next_at", Expr::col("next_at").is_not_null()),
        ] {
            let mut partial = Index::create();
            partial.name(format!("{table}_waiting_{column}")).table(table).col(column).and_where(condition);
            manager.create_index(partial).await?;
        }
        let first = Query::insert()
            .into_table("horizon")
            .columns(["id", "epoch", "swept_through", "settings_version"])
            .values_panic([1.into(), 1.into(), 0.into(), 1.into()])
            .to_owned();
        manager.execute(first).await
    }
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{}", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

fn users() -> TableCreateStatement {
    table("users")
        .col(uuid("id").primary_key())
        .col(text("subject").unique_key())
        .col(uuid("user_handle").unique_key())
        .col(text("email").unique_key())
        .col(text("name"))
        .col(text("role"))
        .col(big_integer("created_at"))
        .col(big_integer_null("email_verified_at"))
        .col(uuid_null("backup_code_set"))
        .col(big_integer_null("backup_codes_acknowledged_at"))
        .col(big_integer_null("deactivated_at"))
        .col(big_integer("security_epoch"))
        .col(text("profile"))
        .col(big_integer("updated_at"))
        .col(text_null("language"))
        .col(text_null("time_zone"))
        .col(text_null("theme"))
        .take()
}

fn passkeys() -> TableCreateStatement {
    table("passkeys")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(binary("credential_id").unique_key())
        .col(text("rp_id"))
        .col(text("public_key"))
        .col(big_integer("counter"))
        .col(boolean("backup_eligible"))
        .col(boolean("backed_up"))
        .col(uuid("aaguid"))
        .col(text("transports"))
        .col(text("name"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_used_at"))
        .col(text_null("last_used_from"))
        .col(boolean("attested"))
        .col(big_integer_null("suspected_at"))
        .col(big_integer_null("frozen_at"))
        .foreign_key(ForeignKey::create().from("passkeys", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn backup_codes() -> TableCreateStatement {
    table("backup_codes")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(uuid("set_id"))
        .col(text("key_id"))
        .col(binary("digest"))
        .col(big_integer_null("used_at"))
        .foreign_key(ForeignKey::create().from("backup_codes", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn passwords() -> TableCreateStatement {
    table("passwords")
        .col(uuid("user_id").primary_key())
        .col(text("hash"))
        .col(big_integer("set_at"))
        .col(boolean("stands_alone"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("frozen_at"))
        .foreign_key(ForeignKey::create().from("passwords", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn totps() -> TableCreateStatement {
    table("totps")
        .col(uuid("user_id").primary_key())
        .col(binary("secret"))
        .col(big_integer("created_at"))
        .col(big_integer("last_step"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("frozen_at"))
        .foreign_key(ForeignKey::create().from("totps", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn attempts() -> TableCreateStatement {
    table("attempts")
        .col(binary("id").primary_key())
        .col(big_integer("failures"))
        .col(big_integer("next_at"))
        .col(big_integer("last_at"))
        .col(big_integer("forgotten_at"))
        .take()
}

fn mails() -> TableCreateStatement {
    table("mails")
        .col(uuid("id").primary_key())
        .col(uuid_null("user_id"))
        .col(text("kind"))
        .col(binary("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer("next_at"))
        .col(big_integer("tries"))
        .take()
}

fn one_time_links() -> TableCreateStatement {
    table("one_time_links")
        .col(uuid("id").primary_key())
        .col(text("kind"))
        .col(binary("digest").unique_key())
        .col(uuid_null("user_id"))
        .col(text_null("email"))
        .col(text_null("name"))
        .col(text("role"))
        .col(binary_null("bound_to"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .col(big_integer_null("revoked_at"))
        .col(big_integer("epoch"))
        .take()
}

fn sessions() -> TableCreateStatement {
    table("sessions")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(text("sid").unique_key())
        .col(binary("secret_digest").unique_key())
        .col(binary("browser_digest"))
        .col(big_integer("created_at"))
        .col(big_integer("authenticated_at"))
        .col(big_integer("chosen_at"))
        .col(text("acr"))
        .col(text("amr"))
        .col(uuid_null("passkey_id"))
        .col(big_integer("last_seen_at"))
        .col(text("device"))
        .col(text("network"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("epoch"))
        .col(big_integer("security_epoch"))
        .foreign_key(ForeignKey::create().from("sessions", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn session_clients() -> TableCreateStatement {
    table("session_clients")
        .col(uuid("session_id"))
        .col(text("client_id"))
        .col(uuid("user_id"))
        .col(text("sid"))
        .col(big_integer_null("ended_at"))
        .col(big_integer_null("next_at"))
        .col(big_integer("tries"))
        .primary_key(Index::create().col("session_id").col("client_id"))
        .take()
}

fn clients() -> TableCreateStatement {
    table("clients")
        .col(text("id").primary_key())
        .col(text("metadata"))
        .col(text("source"))
        .col(binary_null("registration_digest"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer_null("disabled_at"))
        .col(big_integer_null("deleted_at"))
        .col(big_integer("version"))
        .take()
}

fn initial_access_tokens() -> TableCreateStatement {
    table("initial_access_tokens")
        .col(uuid("id").primary_key())
        .col(binary("digest").unique_key())
        .col(text("note"))
        .col(big_integer("uses_left"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("revoked_at"))
        .take()
}

fn client_secrets() -> TableCreateStatement {
    table("client_secrets")
        .col(uuid("id").primary_key())
        .col(text("client_id"))
        .col(text_null("key_id"))
        .col(binary_null("digest"))
        .col(binary_null("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .foreign_key(ForeignKey::create().from("client_secrets", "client_id").to("clients", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn consents() -> TableCreateStatement {
    table("consents")
        .col(uuid("user_id"))
        .col(text("client_id"))
        .col(text("scope"))
        .col(text("claims"))
        .col(text("resources"))
        .col(big_integer("given_at"))
        .col(binary("given_for"))
        .primary_key(Index::create().col("user_id").col("client_id"))
        .foreign_key(ForeignKey::create().from("consents", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .foreign_key(ForeignKey::create().from("consents", "client_id").to("clients", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn grants() -> TableCreateStatement {
    table("grants")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(text("client_id"))
        .col(uuid("session_id"))
        .col(text("scope"))
        .col(text("claims"))
        .col(text("resources"))
        .col(boolean("offline"))
        .col(big_integer("generation"))
        .col(big_integer("rotated_at"))
        .col(text("mac_key_id"))
        .col(big_integer("created_at"))
        .col(big_integer("idle_ends_at"))
        .col(big_integer("absolute_ends_at"))
        .col(big_integer_null("revoked_at"))
        .col(big_integer("authenticated_at"))
        .col(text("acr"))
        .col(text("amr"))
        .col(big_integer("epoch"))
        .col(big_integer("security_epoch"))
        .foreign_key(ForeignKey::create().from("grants", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade))
        .foreign_key(ForeignKey::create().from("grants", "client_id").to("clients", "id").on_delete(ForeignKeyAction::Cascade))
        .take()
}

fn authorization_requests() -> TableCreateStatement {
    table("authorization_requests")
        .col(binary("digest").primary_key())
        .col(text("client_id"))
        .col(binary("browser_digest"))
        .col(text("facts"))
        .col(big_integer("expires_at"))
        .take()
}

fn pushed_requests() -> TableCreateStatement {
    table("pushed_requests")
        .col(binary("digest").primary_key())
        .col(text("client_id"))
        .col(text("facts"))
        .col(big_integer("begins_until"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("answered_at"))
        .take()
}

/// On SQLite the id is the row's place itself: inserts append, and a sweep takes from the left edge.
fn spent(backend: DbBackend) -> TableCreateStatement {
    let mut table = table("spent");
    table.col(binary("id").primary_key()).col(binary_null("gave"));
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}

fn foreign_spent() -> TableCreateStatement {
    table("foreign_spent").col(binary("id").primary_key()).col(big_integer("expires_at")).take()
}

fn horizon() -> TableCreateStatement {
    table("horizon")
        .col(big_integer("id").primary_key())
        .col(big_integer("epoch"))
        .col(big_integer("swept_through"))
        .col(big_integer("settings_version"))
        .take()
}

fn keys() -> TableCreateStatement {
    table("keys")
        .col(text("id").primary_key())
        .col(text("ring"))
        .col(text("algorithm"))
        .col(big_integer("number"))
        .col(binary("sealed"))
        .col(big_integer("created_at"))
        .index(Index::create().name("keys_ring_algorithm_number").unique().col("ring").col("algorithm").col("number"))
        .take()
}

fn data_keys() -> TableCreateStatement {
    table("data_keys")
        .col(text("id").primary_key())
        .col(big_integer("number").unique_key())
        .col(binary("wrapped"))
        .col(big_integer("created_at"))
        .take()
}

fn audit_events() -> TableCreateStatement {
    table("audit_events")
        .col(uuid("id").primary_key())
        .col(big_integer("at"))
        .col(text("kind"))
        .col(text("actor"))
        .col(uuid_null("user_id"))
        .col(text_null("client_id"))
        .col(uuid_null("session_id"))
        .col(text_null("request_id"))
        .col(text("detail"))
        .take()
}
