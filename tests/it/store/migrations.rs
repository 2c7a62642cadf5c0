//! Migrations one by one, on tables with rows in them, on both engines.

use firebell::args;
use firebell::store::{Dialect, MIGRATIONS, Migration, OpenError, Store, StoreError, StoreOptions, Tx};

use super::engines::{Db, on_each_engine, on_postgres};
use super::samples;

async fn open_with(db: &Db, migrations: &'static [Migration]) -> Result<Store, OpenError> {
    Store::open(StoreOptions { migrations, ..db.options() }).await
}

fn tables(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        }
        Dialect::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
    };
    tx.query(sql, args![])?.iter().map(|row| row.get(0)).collect()
}

/// Every table with its number of rows.
async fn rows(store: &Store) -> Vec<(String, i64)> {
    let counted = store.read(|tx| {
        let names = tables(tx)?;
        let count = |name: String| {
            let rows = tx.query_i64(&format!("SELECT count(*) FROM {name}"), args![])?;
            Ok::<_, StoreError>((name, rows))
        };
        names.into_iter().map(count).collect::<Result<Vec<_>, _>>()
    });
    counted.await.unwrap()
}

/// Every column: table, name, and its type in the words of the tokens.
fn columns(tx: &mut dyn Tx) -> Result<Vec<String>, StoreError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT t.name || '.' || c.name || ' ' || lower(c.type) FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        Dialect::Postgres => {
            "SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bigint' THEN 'integer'
                    WHEN 'double precision' THEN 'real' WHEN 'bytea' THEN 'blob' ELSE data_type END
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let mut columns =
        tx.query(sql, args![])?.iter().map(|row| row.get(0)).collect::<Result<Vec<String>, _>>()?;
    columns.sort();
    Ok(columns)
}

#[tokio::test]
async fn each_step_keeps_what_is_there() {
    on_each_engine(async |db| {
        for step in 1..=MIGRATIONS.len() {
            let store = open_with(db, &MIGRATIONS[..step]).await.unwrap();
            samples::fill(&store, MIGRATIONS[step - 1].version).await;
            store.close().await;
            drop(store);
        }
        let store = db.open().await;
        let empty: Vec<_> = rows(&store).await.into_iter().filter(|(_, rows)| *rows == 0).collect();
        assert!(empty.is_empty(), "no sample data (or lost by a migration): {empty:?}");
        if db.dialect == Dialect::Sqlite {
            let check =
                store.read(|tx| tx.query_one("PRAGMA integrity_check", args![])).await.unwrap().unwrap();
            assert_eq!(check.get::<String>(0), Ok("ok".into()));
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let sqlite = Db::sqlite();
    let store = sqlite.open().await;
    let expected = store.read(columns).await.unwrap();
    assert!(expected.contains(&"event.id integer".to_owned()), "{expected:?}");
    store.close().await;
    on_postgres(async |db| {
        let store = db.open().await;
        assert_eq!(store.read(columns).await.unwrap(), expected);
        store.close().await;
    })
    .await;
}

const NOTE: &str = "CREATE TABLE note (id {id}, about {text} NOT NULL REFERENCES meta (key)) {strict};
INSERT INTO note (about) SELECT key FROM meta;";

static ONE: [Migration; 1] = [MIGRATIONS[0]];
static TWO: [Migration; 2] = [MIGRATIONS[0], Migration { version: 2, name: "0002_note", sql: NOTE }];
static BROKEN: [Migration; 2] = [
    MIGRATIONS[0],
    Migration {
        version: 2,
        name: "0002_note",
        sql: "CREATE TABLE half (a {int}) {strict}; CREATE NONSENSE;",
    },
];
static EDITED: [Migration; 2] = [
    Migration { version: 1, name: "0001_base", sql: "-- edited" },
    Migration { version: 2, name: "0002_note", sql: NOTE },
];

#[tokio::test]
async fn a_newer_and_an_edited_schema_are_refused() {
    on_each_engine(async |db| {
        let store = open_with(db, &TWO).await.unwrap();
        samples::fill(&store, 1).await;
        store.close().await;
        drop(store);
        let newer = open_with(db, &ONE).await.unwrap_err();
        assert!(matches!(newer, OpenError::Newer { found: 2, known: 1 }), "{newer}");
        assert!(newer.to_string().contains("run the newer program"), "{newer}");
        let edited = open_with(db, &EDITED).await.unwrap_err();
        assert!(matches!(edited, OpenError::Changed { version: 1, .. }), "{edited}");
        // Refusing changed nothing.
        open_with(db, &TWO).await.unwrap().close().await;
    })
    .await;
}

#[tokio::test]
async fn a_failing_step_leaves_nothing_half_done() {
    on_each_engine(async |db| {
        let store = open_with(db, &ONE).await.unwrap();
        samples::fill(&store, 1).await;
        let before = rows(&store).await;
        store.close().await;
        drop(store);
        let broken = open_with(db, &BROKEN).await.unwrap_err();
        assert!(matches!(broken, OpenError::Migration { version: 2, .. }), "{broken}");
        let store = open_with(db, &ONE).await.unwrap();
        assert_eq!(rows(&store).await, before);
        store.close().await;
        drop(store);
        let store = open_with(db, &TWO).await.unwrap();
        assert!(rows(&store).await.contains(&("note".to_owned(), 1)));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_reader_does_not_migrate() {
    on_each_engine(async |db| {
        open_with(db, &ONE).await.unwrap().close().await;
        let reader = StoreOptions { read_only: true, migrations: &TWO, ..db.options() };
        let older = Store::open(reader).await.unwrap_err();
        assert!(matches!(older, OpenError::Older { found: 1, known: 2 }), "{older}");
    })
    .await;
}

#[tokio::test]
async fn a_populated_sqlite_database_is_copied_first() {
    let db = Db::sqlite();
    let copy = db.folder.path().join("firebell.db.before-v2.backup");
    let store = open_with(&db, &ONE).await.unwrap();
    assert!(std::fs::read_dir(db.folder.path()).unwrap().all(|f| !f.unwrap().path().ends_with("backup")));
    samples::fill(&store, 1).await;
    let before = rows(&store).await;
    store.close().await;
    drop(store);
    // The first attempt fails, the second finds its copy and makes a new one.
    open_with(&db, &BROKEN).await.unwrap_err();
    assert!(copy.exists());
    open_with(&db, &TWO).await.unwrap().close().await;
    let store = Store::open(StoreOptions {
        migrations: &ONE,
        ..StoreOptions::new(format!("sqlite://{}", copy.display()))
    });
    let store = store.await.unwrap();
    assert_eq!(rows(&store).await, before);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_migrate_once() {
    on_postgres(async |db| {
        let opening: Vec<_> = (0..4).map(|_| tokio::spawn(Store::open(db.options()))).collect();
        for store in opening {
            let store = store.await.unwrap().unwrap();
            assert_eq!(store.ping().await, Ok(()));
            store.close().await;
        }
    })
    .await;
}
