//! Rows of tables: each column is named once, in `rows!`.

use std::ops::RangeFrom;

use rusqlite::types::{FromSql, ToSqlOutput, Type};
use rusqlite::{Connection, Params, Row, params_from_iter};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Result, optional};

/// A type whose values are rows, or parts of rows, of a table.
pub(crate) trait Stored: Sized {
    const TABLE: &'static str;
    const COLUMNS: &'static str;

    /// Reads the columns, in their order.
    fn read(row: &Row<'_>, columns: &mut RangeFrom<usize>) -> Result<Self>;

    /// The values of the columns, in their order.
    fn values(&self) -> Result<Vec<ToSqlOutput<'_>>>;
}

/// Implements [`Stored`]: lists the fields that are stored, with the name of the column where it differs, and the
/// format where it is not one of `SQLite`. Fields that are not stored follow with their values.
macro_rules! rows {
    ($table:literal, $row:ident {
        $($field:ident $(= $column:literal)? $(as $format:ident)?),+ $(,)?
    } $($unstored:ident: $value:expr),* $(,)?) => {
        impl $crate::store::rows::Stored for $row {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static str = concat!($(", ", rows!(@name $field $($column)?)),+).split_at(2).1;

            fn read(
                row: &rusqlite::Row<'_>,
                columns: &mut std::ops::RangeFrom<usize>,
            ) -> $crate::store::Result<Self> {
                Ok(Self {
                    $($field: rows!(@read row, columns $(, $format)?),)+
                    $($unstored: $value,)*
                })
            }

            fn values(&self) -> $crate::store::Result<Vec<rusqlite::types::ToSqlOutput<'_>>> {
                Ok(vec![$(rows!(@write self.$field $(, $format)?)),+])
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $column:literal) => { $column };
    (@read $row:ident, $columns:ident) => { $crate::store::rows::plain($row, $columns)? };
    // Given by `SQLite`.
    (@read $row:ident, $columns:ident, assigned) => { $crate::store::rows::plain($row, $columns)? };
    (@read $row:ident, $columns:ident, json) => { $crate::store::rows::json($row, $columns)? };
    (@read $row:ident, $columns:ident, raw) => { $crate::store::rows::raw($row, $columns)? };
    // A JSON object; an empty one for `None`.
    (@read $row:ident, $columns:ident, object) => { Some($crate::store::rows::json($row, $columns)?) };
    (@write $value:expr) => { rusqlite::types::ToSql::to_sql(&$value)? };
    (@write $value:expr, assigned) => { rusqlite::types::Null.into() };
    (@write $value:expr, json) => { $crate::store::to_json(&$value).into() };
    (@write $value:expr, raw) => { $value.get().into() };
    (@write $value:expr, object) => {
        $value.as_ref().map_or_else(|| "{}".to_owned(), $crate::store::to_json).into()
    };
}

fn next(columns: &mut RangeFrom<usize>) -> usize {
    columns.next().expect("tables have few columns")
}

pub(super) fn plain<T: FromSql>(row: &Row<'_>, columns: &mut RangeFrom<usize>) -> Result<T> {
    row.get(next(columns))
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, columns: &mut RangeFrom<usize>) -> Result<T> {
    let column = next(columns);
    colonies_proto::deep::from_text(row.get_ref(column)?.as_str()?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(fault)))
}

pub(super) fn raw(row: &Row<'_>, columns: &mut RangeFrom<usize>) -> Result<Box<RawValue>> {
    let column = next(columns);
    RawValue::from_string(row.get(column)?)
        .map_err(|fault| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(fault)))
}

/// Inserts a row. `rest` follows the values in the statement.
pub(super) fn insert(
    db: &Connection,
    table: &str,
    columns: &str,
    values: &[ToSqlOutput<'_>],
    rest: &str,
) -> Result<()> {
    let marks = "?, ".repeat(values.len() - 1);
    db.prepare_cached(&format!("INSERT INTO {table} ({columns}) VALUES ({marks}?) {rest}"))?
        .execute(params_from_iter(values))?;
    Ok(())
}

pub(crate) fn add<T: Stored>(db: &Connection, row: &T) -> Result<()> {
    insert(db, T::TABLE, T::COLUMNS, &row.values()?, "")
}

/// The first row, where `rest` follows the table in the query.
pub(super) fn one<T: Stored>(db: &Connection, rest: &str, params: impl Params) -> Result<Option<T>> {
    optional(
        db.prepare_cached(&format!("SELECT {} FROM {} {rest}", T::COLUMNS, T::TABLE))?
            .query_row(params, |row| T::read(row, &mut (0..))),
    )
}

/// All rows, where `rest` follows the table in the query.
pub(super) fn all<T: Stored>(db: &Connection, rest: &str, params: impl Params) -> Result<Vec<T>> {
    db.prepare_cached(&format!("SELECT {} FROM {} {rest}", T::COLUMNS, T::TABLE))?
        .query_map(params, |row| T::read(row, &mut (0..)))?
        .collect()
}
