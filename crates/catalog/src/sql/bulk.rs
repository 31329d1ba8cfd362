//! Many rows with few statements.
//!
//! A statement costs far more than a row, and a text that was seen before costs far less than a new one. So rows go in
//! lots of powers of two, and lists are filled up to a power of two: at most eleven texts for each use.

use model::Result;

use super::{Engine, Row, Tx, Value, built};

/// Rows in one statement; with 15 columns a quarter of what SQLite takes (32,766 arguments), an eighth of PostgreSQL.
const LOT: usize = 512;

impl Tx {
    /// Runs `INSERT … VALUES` of `head`, rows of `columns` values each out of `values`, and `tail`.
    /// Says how many rows were touched.
    pub(crate) async fn insert_many(
        &mut self,
        head: &str,
        columns: usize,
        tail: &str,
        values: Vec<Value>,
    ) -> Result<u64> {
        debug_assert_eq!(values.len() % columns, 0, "{head}");
        let mut rows = values.len() / columns;
        let mut values = values.into_iter();
        let mut touched = 0;
        while rows > 0 {
            let lot = floor_power(rows.min(LOT));
            let sql = insert_text(self.engine(), head, columns, tail, lot);
            touched += self.execute(built(sql), values.by_ref().take(lot * columns).collect()).await?;
            rows -= lot;
        }
        Ok(touched)
    }

    /// Runs `sql`, with `items` in lots in place of `{}`, and shows every row to `visit`.
    /// Arguments of `fixed` are `$1`, `$2` … before the list, each once and in order.
    pub(crate) async fn fetch_in(
        &mut self,
        sql: &str,
        fixed: Vec<Value>,
        items: Vec<Value>,
        mut visit: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        for lot in items.chunks(LOT) {
            let (sql, args) = list_statement(self.engine(), sql, &fixed, lot);
            self.fetch_each(built(sql), args, &mut visit).await?;
        }
        Ok(())
    }

    /// As [`Tx::fetch_in`], for a statement that writes. Says how many rows were touched.
    pub(crate) async fn execute_in(
        &mut self,
        sql: &str,
        fixed: Vec<Value>,
        items: Vec<Value>,
    ) -> Result<u64> {
        let mut touched = 0;
        for lot in items.chunks(LOT) {
            let (sql, args) = list_statement(self.engine(), sql, &fixed, lot);
            touched += self.execute(built(sql), args).await?;
        }
        Ok(touched)
    }
}

fn insert_text(engine: Engine, head: &str, columns: usize, tail: &str, rows: usize) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * (columns * 6 + 3));
    sql.push_str(head);
    let mut next = 1;
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ",(" });
        push_list(&mut sql, engine, &mut next, columns);
        sql.push(')');
    }
    sql.push_str(tail);
    sql
}

/// Fills the list up with its last item: in a list, twice is the same as once.
fn list_statement(engine: Engine, sql: &str, fixed: &[Value], items: &[Value]) -> (String, Vec<Value>) {
    let size = items.len().next_power_of_two();
    let mut args = Vec::with_capacity(fixed.len() + size);
    args.extend_from_slice(fixed);
    args.extend_from_slice(items);
    args.resize(fixed.len() + size, items.last().cloned().unwrap_or(Value::Null));
    let (before, after) = sql.split_once("{}").unwrap_or((sql, ""));
    let mut text = String::with_capacity(sql.len() + size * 5);
    match engine {
        Engine::Postgres => text.push_str(before),
        // Nameless parameters: SQLite and the driver look names up one by one, which is quadratic in long lists.
        Engine::Sqlite => {
            let mut parts = before.split('$');
            text.push_str(parts.next().unwrap_or(""));
            for part in parts {
                text.push('?');
                text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
            }
        }
    }
    let mut next = fixed.len() + 1;
    push_list(&mut text, engine, &mut next, size);
    text.push_str(after);
    (text, args)
}

fn push_list(sql: &mut String, engine: Engine, next: &mut usize, count: usize) {
    for index in 0..count {
        if index > 0 {
            sql.push(',');
        }
        match engine {
            Engine::Sqlite => sql.push('?'),
            Engine::Postgres => {
                sql.push('$');
                sql.push_str(&next.to_string());
            }
        }
        *next += 1;
    }
}

fn floor_power(count: usize) -> usize {
    1 << count.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_few_and_lists_are_filled_up() {
        assert_eq!(insert_text(Engine::Postgres, "I", 2, " T", 2), "I ($1,$2),($3,$4) T");
        assert_eq!(insert_text(Engine::Sqlite, "I", 2, "", 2), "I (?,?),(?,?)");
        let fixed = [Value::Int(7)];
        let items = [Value::Int(1), Value::Int(2), Value::Int(3)];
        let (sql, args) = list_statement(Engine::Sqlite, "a = $1 AND b IN ({})", &fixed, &items);
        assert_eq!(sql, "a = ? AND b IN (?,?,?,?)");
        assert_eq!(args.len(), 5);
        let (sql, _) = list_statement(Engine::Postgres, "a = $1 AND b IN ({})", &fixed, &items);
        assert_eq!(sql, "a = $1 AND b IN ($2,$3,$4,$5)");
        assert_eq!(floor_power(1000), 512);
    }
}
