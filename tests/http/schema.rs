//! The tables that the migrations build are the tables that the entities expect: names, kinds and NULLs of columns, on both databases.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, Database as Connector, DatabaseConnection, EntityTrait, Iterable as _, Statement};
use weftid::store::{
    attempt, audit_event, authorization_request, backup_code, client, client_secret, consent, data_key, foreign_spent, grant, horizon,
    initial_access_token, key, mail, one_time_link, passkey, password, pushed_request, session, session_client, spent, totp, user,
};
use weftid_tests::database::{Database, Kind};
use weftid_tests::on_both_databases;

use crate::store::migrated;
use crate::stored;

/// Column -> (kind, whether it may be NULL).
type Columns = BTreeMap<String, (&'static str, bool)>;

fn expected<E: EntityTrait>(tables: &mut BTreeMap<String, Columns>) {
    let columns = E::Column::iter().map(|column| {
        let definition = column.def();
        let kind = match definition.get_column_type() {
            ColumnType::BigInteger => "integer",
            ColumnType::Boolean => "boolean",
            ColumnType::Uuid => "uuid",
            ColumnType::String(_) | ColumnType::Text => "text",
            ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => "bytes",
            other => panic!("{:?}: a column of type {other:?}", column.as_column_ref()),
        };
        (sea_orm::IdenStatic::as_str(&column).to_owned(), (kind, definition.is_null()))
    });
    tables.insert(E::default().table_name().to_owned(), columns.collect());
}

fn entities() -> BTreeMap<String, Columns> {
    let mut tables = BTreeMap::new();
    expected::<attempt::Entity>(&mut tables);
    expected::<audit_event::Entity>(&mut tables);
    expected::<authorization_request::Entity>(&mut tables);
    expected::<backup_code::Entity>(&mut tables);
    expected::<client::Entity>(&mut tables);
    expected::<client_secret::Entity>(&mut tables);
    expected::<consent::Entity>(&mut tables);
    expected::<data_key::Entity>(&mut tables);
    expected::<foreign_spent::Entity>(&mut tables);
    expected::<grant::Entity>(&mut tables);
    expected::<horizon::Entity>(&mut tables);
    expected::<initial_access_token::Entity>(&mut tables);
    expected::<key::Entity>(&mut tables);
    expected::<one_time_link::Entity>(&mut tables);
    expected::<mail::Entity>(&mut tables);
    expected::<passkey::Entity>(&mut tables);
    expected::<pushed_request::Entity>(&mut tables);
    expected::<password::Entity>(&mut tables);
    expected::<totp::Entity>(&mut tables);
    expected::<session::Entity>(&mut tables);
    expected::<session_client::Entity>(&mut tables);
    expected::<spent::Entity>(&mut tables);
    expected::<user::Entity>(&mut tables);
    tables
}

async fn rows(connection: &DatabaseConnection, sql: &str) -> Vec<(String, String, String, bool)> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.expect(sql);
    let text = |row: &sea_orm::QueryResult, index| row.try_get_by_index::<String>(index).expect("text");
    rows.iter().map(|row| (text(row, 0), text(row, 1), text(row, 2).to_lowercase(), text(row, 3) == "YES")).collect()
}

async fn built(database: &Database) -> BTreeMap<String, Columns> {
    let connection = Connector::connect(database.url()).await.expect("the database opens");
    let sql = match database.kind {
        Kind::Sqlite => {
            "SELECT t.name, c.name, c.type, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 'NO' ELSE 'YES' END \
             FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        Kind::Postgres => {
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for (table, column, kind, null) in rows(&connection, sql).await {
        let kind = match kind.as_str() {
            "bigint" | "integer" => "integer",
            "boolean" => "boolean",
            "uuid" | "uuid_text" => "uuid",
            "text" | "varchar" | "character varying" => "text",
            "bytea" | "blob" => "bytes",
            other if other.starts_with("varbinary") || other.starts_with("blob") => "bytes",
            other => panic!("{table}.{column} has the type {other}"),
        };
        tables.entry(table).or_default().insert(column, (kind, null));
    }
    connection.close().await.expect("the connection closes");
    tables.remove("seaql_migrations").expect("the migrations keep their own table");
    tables
}

on_both_databases! {
    /// A column that only one of the two knows would fail some day, on one database only.
    async fn the_migrated_tables_are_what_the_entities_expect(kind: Kind) {
        let database = migrated(kind).await;
        assert_eq!(built(&database).await, entities());
    }

    /// What tests count and search is every table that there is.
    async fn tests_look_into_every_table(kind: Kind) {
        let database = migrated(kind).await;
        let looked_into: BTreeSet<String> = stored::TABLES.into_iter().chain(stored::OTHERS).map(str::to_owned).collect();
        assert_eq!(built(&database).await.into_keys().collect::<BTreeSet<_>>(), looked_into);
    }
}
