//! Statements that are asked all the time: their text is written once for each database, and sent again with other values. Writing a SELECT
//! of seventy columns anew took a fifth of what an introspection costs.

use std::sync::OnceLock;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait, Iterable as _, ModelTrait as _, Statement, Value, Values};

use crate::store::{Rows, StoreError, Write};

/// One of them.
#[derive(Debug)]
pub(super) struct FixedStatement {
    write: fn(DbBackend) -> Statement,
    sqlite: OnceLock<Text>,
    postgres: OnceLock<Text>,
}

#[derive(Debug)]
struct Text {
    sql: String,
    holes: usize,
}

impl FixedStatement {
    /// The statement that `write` writes, with a [`hole`] wherever a value differs from one time to the next, and with no other value.
    pub(super) const fn new(write: fn(DbBackend) -> Statement) -> Self {
        Self { write, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The statement for whoever answers, with its holes filled in the order in which they stand in the text.
    pub(super) fn with(&self, rows: &impl Rows, values: Vec<Value>) -> Result<Statement, StoreError> {
        self.on(rows.rows().get_database_backend(), values)
    }

    fn on(&self, backend: DbBackend, values: Vec<Value>) -> Result<Statement, StoreError> {
        let text = if backend == DbBackend::Postgres { &self.postgres } else { &self.sqlite };
        let text = text.get_or_init(|| {
            let Statement { sql, values, .. } = (self.write)(backend);
            Text { sql, holes: values.map_or(0, |values| values.0.len()) }
        });
        if values.len() != text.holes {
            return Err(StoreError::Unreadable(format!("{} values for {} holes: {}", values.len(), text.holes, text.sql)));
        }
        Ok(Statement { sql: text.sql.clone(), values: Some(Values(values)), db_backend: backend })
    }
}

/// A place for a value of any kind.
pub(super) fn hole() -> Expr {
    Expr::val(Option::<i64>::None)
}

/// The text that adds a row, for [`FixedStatement::new`].
pub(super) fn insertion<E: EntityTrait>(backend: DbBackend) -> Statement {
    let columns: Vec<_> = E::Column::iter().collect();
    let holes: Vec<_> = columns.iter().map(|_| hole()).collect();
    let mut query = Query::insert();
    query.into_table(E::default()).columns(columns);
    // There are as many holes as columns.
    query.values_panic(holes);
    backend.build(&query)
}

/// Adds a row by the text that [`insertion`] wrote.
pub(super) async fn insert<E: EntityTrait>(write: &Write<'_>, text: &FixedStatement, row: &E::Model) -> Result<(), StoreError> {
    let values = E::Column::iter().map(|column| row.get(column)).collect();
    write.rows().execute_raw(text.with(write, values)?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::ExprTrait as _;

    use super::*;

    static BY_NAME: FixedStatement = FixedStatement::new(|backend| {
        let mut query = Query::select();
        query.column("id").from("people").and_where(Expr::col("name").eq(hole())).and_where(Expr::col("age").gt(hole()));
        backend.build(&query)
    });

    #[test]
    fn a_text_is_filled_with_the_values_of_each_time() {
        for (name, age) in [("ada", 36), ("bob", 7)] {
            let values = || vec![name.into(), age.into()];
            let statement = BY_NAME.on(DbBackend::Sqlite, values()).unwrap();
            assert_eq!(statement.sql, r#"SELECT "id" FROM "people" WHERE "name" = ? AND "age" > ?"#);
            assert_eq!(statement.values, Some(Values(values())));
            assert_eq!(BY_NAME.on(DbBackend::Postgres, values()).unwrap().sql, r#"SELECT "id" FROM "people" WHERE "name" = $1 AND "age" > $2"#);
        }
        assert!(BY_NAME.on(DbBackend::Sqlite, vec!["ada".into()]).is_err(), "a value is missing");
    }
}
