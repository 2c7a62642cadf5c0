//! Every statement of `src/store` is understood by both engines, run or not: its text is taken from the source.

use std::path::Path;

use regex::{Captures, Regex};

use super::engines::{Db, admin, on_postgres};

/// The string literals of the repositories that are whole statements (built ones, with `{`, are left out).
fn statements() -> Vec<(String, String)> {
    let literal = Regex::new(r#""((?:[^"\\]|\\.|\\\n)*)""#).unwrap();
    let begins = Regex::new(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s").unwrap();
    let columns = Regex::new(r#"const COLUMNS: &str =\s*"((?:[^"\\]|\\\n)*)""#).unwrap();
    let line_break = Regex::new(r"\\\n\s*").unwrap();
    let mut found = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    let groups = files.iter().find(|file| file.ends_with("groups.rs")).unwrap();
    let groups = columns.captures(&std::fs::read_to_string(groups).unwrap()).unwrap()[1].to_owned();
    for file in files.iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // What is written for one engine, and the words about SQL in the translator.
        if name.starts_with("postgres") || name.starts_with("sqlite") || name == "value.rs" {
            continue;
        }
        let source = std::fs::read_to_string(file).unwrap();
        let listed = columns.captures(&source).map(|c| c[1].to_owned());
        // Whoever borrows the columns of another table's file names them there.
        let listed = listed.unwrap_or_else(|| groups.clone());
        let source = source.replace("{COLUMNS}", &listed);
        for text in
            literal.captures_iter(&source).map(|c| line_break.replace_all(&c[1], "").replace("\\\"", "\""))
        {
            if begins.is_match(&text) && !text.contains('{') {
                found.push((name.clone(), text));
            }
        }
    }
    found
}

#[tokio::test]
async fn both_engines_understand_every_statement() {
    let all = statements();
    assert!(all.len() > 50, "the statements were not found: {all:?}");

    let db = Db::sqlite();
    db.open().await.close().await;
    let sqlite = rusqlite::Connection::open(db.path()).unwrap();
    let wrong: Vec<_> = all
        .iter()
        .filter_map(|(file, sql)| sqlite.prepare(sql).err().map(|e| format!("{file}: {sql}\n  {e}")))
        .collect();
    assert!(wrong.is_empty(), "SQLite:\n{}", wrong.join("\n"));

    on_postgres(async |db| {
        db.open().await.close().await;
        let client = admin(&db.url).await;
        let placeholder = Regex::new(r"\?(\d+)").unwrap();
        let mut wrong = Vec::new();
        for (file, sql) in &all {
            let sql = placeholder.replace_all(sql, |number: &Captures<'_>| format!("${}", &number[1]));
            let sql = sql
                .replace("/*skip locked*/", "FOR UPDATE SKIP LOCKED")
                .replace("/*for update*/", "FOR UPDATE");
            if let Err(error) = client.prepare(&sql).await {
                wrong.push(format!(
                    "{file}: {sql}\n  {}",
                    error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())
                ));
            }
        }
        assert!(wrong.is_empty(), "PostgreSQL:\n{}", wrong.join("\n"));
    })
    .await;
}
