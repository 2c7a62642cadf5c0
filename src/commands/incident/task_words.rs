//! What is said after `task`.

use super::super::typed;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    List,
    Add {
        text: String,
        assignee: Option<String>,
        follow_up: bool,
    },
    Assign {
        number: i64,
        to: To,
    },
    Done {
        numbers: Vec<i64>,
        done: bool,
    },
    /// A word that is nearly one of ours, before a number.
    Meant(&'static str),
    Unclear,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    User(String),
    /// The one who says it.
    Me,
    Nobody,
}

const VERBS: [&str; 6] = ["add", "assign", "done", "list", "reopen", "followup"];

/// Reads it; `text` as Slack sent it.
pub(super) fn read(text: &str) -> Wanted {
    let text = text.trim();
    let (first, after) = typed::first(text);
    if first.is_empty() {
        return Wanted::List;
    }
    if let Some(number) = typed::number(first) {
        return numbered(number, after);
    }
    let word = typed::plain(first).to_lowercase();
    match word.trim_end_matches(':') {
        "list" | "ls" | "all" if after.is_empty() => Wanted::List,
        "add" | "new" | "create" => add(after, false),
        "followup" | "follow-up" | "later" => add(after, true),
        "assign" | "give" => match typed::number(typed::first(after).0) {
            Some(number) => assign(number, typed::first(after).1),
            None => Wanted::Unclear,
        },
        "take" => match typed::number(after) {
            Some(number) => Wanted::Assign { number, to: To::Me },
            None => add(text, false),
        },
        "done" | "close" | "finish" | "check" if typed::number(typed::first(after).0).is_some() => {
            ended(after, true)
        }
        "done" => Wanted::Unclear,
        "reopen" | "undo" | "undone" | "uncheck" if typed::number(typed::first(after).0).is_some() => {
            ended(after, false)
        }
        "reopen" | "undo" | "undone" => Wanted::Unclear,
        other => {
            let is_number = typed::number(typed::first(after).0).is_some();
            let near = VERBS.iter().find(|verb| strsim::damerau_levenshtein(verb, other) <= 2);
            match near {
                Some(verb) if is_number => Wanted::Meant(verb),
                // Two words or more that are none of ours are what is to be done.
                _ if !after.is_empty() => add(text, false),
                _ => Wanted::Unclear,
            }
        }
    }
}

/// "3 done", "3 @ann", "3 nobody".
fn numbered(number: i64, after: &str) -> Wanted {
    let (word, rest) = typed::first(after);
    match typed::plain(word).to_lowercase().as_str() {
        "done" | "ok" | "finished" => Wanted::Done { numbers: vec![number], done: true },
        "reopen" | "undo" | "undone" => Wanted::Done { numbers: vec![number], done: false },
        "take" => Wanted::Assign { number, to: To::Me },
        "assign" | "to" => assign(number, rest),
        _ => assign(number, after),
    }
}

fn assign(number: i64, whom: &str) -> Wanted {
    if let Some(user) = typed::users(whom).into_iter().next() {
        return Wanted::Assign { number, to: To::User(user) };
    }
    let (first, after) = typed::first(whom);
    let word = if first.eq_ignore_ascii_case("to") { after } else { first };
    match word.to_lowercase().as_str() {
        "me" | "myself" | "@me" => Wanted::Assign { number, to: To::Me },
        "nobody" | "none" | "-" | "no one" => Wanted::Assign { number, to: To::Nobody },
        _ => Wanted::Unclear,
    }
}

fn ended(words: &str, done: bool) -> Wanted {
    let mut numbers = Vec::new();
    for word in words.split([' ', ',', '\t']).filter(|word| !word.is_empty() && *word != "and") {
        match typed::number(word) {
            Some(number) if !numbers.contains(&number) => numbers.push(number),
            Some(_) => {}
            None => return Wanted::Unclear,
        }
    }
    Wanted::Done { numbers, done }
}

/// Somebody who is named at the beginning or the end is to do it; those within are part of the words.
fn add(words: &str, follow_up: bool) -> Wanted {
    let words = words.trim();
    let (first, after_first) = typed::first(words);
    let (before_last, last) = words.rsplit_once(char::is_whitespace).unwrap_or(("", words));
    let alone = |word: &str| match typed::users(word).as_slice() {
        [user] if word.starts_with("<@") && word.trim_end_matches([':', ',', '.']).ends_with('>') => {
            Some(user.clone())
        }
        _ => None,
    };
    let (assignee, words) = match (alone(last), alone(first)) {
        (Some(user), _) => (Some(user), before_last),
        (None, Some(user)) => (Some(user), after_first),
        (None, None) => (None, words),
    };
    let text = typed::plain(words).trim().to_owned();
    if text.is_empty() { Wanted::Unclear } else { Wanted::Add { text, assignee, follow_up } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_as_people_say_them() {
        let add = |text: &str, assignee: Option<&str>, follow_up| Wanted::Add {
            text: text.to_owned(),
            assignee: assignee.map(str::to_owned),
            follow_up,
        };
        let assign = |number, to| Wanted::Assign { number, to };
        let done = |numbers: &[i64], done| Wanted::Done { numbers: numbers.to_vec(), done };
        for (said, wanted) in [
            ("", Wanted::List),
            ("list", Wanted::List),
            ("add check the disks", add("check the disks", None, false)),
            ("add check the disks <@U1|ann>", add("check the disks", Some("U1"), false)),
            ("add <@U1>: ask <@U2|bob> first", add("ask @bob first", Some("U1"), false)),
            ("followup write a test", add("write a test", None, true)),
            ("check the disks", add("check the disks", None, false)),
            ("take down the canary", add("take down the canary", None, false)),
            ("list all tables", add("list all tables", None, false)),
            ("add", Wanted::Unclear),
            ("assign 3 <@U1|ann>", assign(3, To::User("U1".to_owned()))),
            ("assign 3 to <@U1|ann>", assign(3, To::User("U1".to_owned()))),
            ("assign 3 to me", assign(3, To::Me)),
            ("assign 3 nobody", assign(3, To::Nobody)),
            ("assign 3 ann", Wanted::Unclear),
            ("take 3", assign(3, To::Me)),
            ("3 <@U1>", assign(3, To::User("U1".to_owned()))),
            ("3 done", done(&[3], true)),
            ("done 3", done(&[3], true)),
            ("done #3, 4 and 5", done(&[3, 4, 5], true)),
            ("done all of it", Wanted::Unclear),
            ("reopen 3", done(&[3], false)),
            ("dnoe 3", Wanted::Meant("done")),
            ("disks", Wanted::Unclear),
        ] {
            assert_eq!(read(said), wanted, "{said}");
        }
    }
}
