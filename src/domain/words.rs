//! Texts as the words they are found by.
//!
//! Letters are folded to Latin ones in lower case (Müller, MULLER and muller are one word; so are Сервер and server).
//! Scripts that put no blanks between words are cut into overlapping pairs of characters (障害対応 → 障害 害対 対応),
//! names like `HighErrorRate` are found as a whole and by their parts. What is written into the index and what is
//! looked for go the same way, so the two agree whatever the language is.

use std::collections::BTreeMap;

use crate::limits::{INDEXED_TEXT_WORDS, INDEXED_WORD_CHARS};

/// Words that say nothing about a text.
const EMPTY: [&str; 38] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "from", "has", "have", "i",
    "if", "in", "is", "it", "its", "no", "not", "of", "on", "or", "so", "that", "the", "there", "this", "to",
    "was", "we", "were", "will", "with", "you",
];

/// A word of a text, and where it stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is looked for.
    pub folded: String,
    /// Its bytes in the text.
    pub start: usize,
    pub end: usize,
}

/// The words of a text in their order, those that say nothing left out: what a search asks for.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for run in runs(text) {
        match run.script {
            Script::Spaced => {
                let folded = folded(&text[run.start..run.end]);
                if !folded.is_empty() && !EMPTY.contains(&folded.as_str()) {
                    found.push(Word { folded, start: run.start, end: run.end });
                }
            }
            Script::Unspaced => found.extend(pairs(text, &run)),
        }
    }
    found
}

/// Every word under which a text is found, with how often: the same words, the parts of names, and the last character
/// of a script without blanks.
pub fn indexed(text: &str) -> BTreeMap<String, i64> {
    let mut all: BTreeMap<String, i64> = BTreeMap::new();
    let mut add = |word: String| {
        if all.len() < INDEXED_TEXT_WORDS || all.contains_key(&word) {
            *all.entry(word).or_default() += 1;
        }
    };
    for word in words(text) {
        for part in parts(&text[word.start..word.end]) {
            let folded = folded(part);
            if !folded.is_empty() && !EMPTY.contains(&folded.as_str()) {
                add(folded);
            }
        }
        add(word.folded);
    }
    for run in runs(text).into_iter().filter(|run| run.script == Script::Unspaced) {
        let inner = &text[run.start..run.end];
        if inner.chars().count() > 1 {
            add(inner.chars().next_back().map(String::from).unwrap_or_default());
        }
    }
    all
}

/// Whether the beginning of a word is enough to look for it.
pub fn may_begin(folded: &str) -> bool {
    folded.chars().count() > 1 || folded.chars().any(is_unspaced)
}

/// A line in which something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// Who said it; empty where it was written about the incident itself.
    pub author: String,
    /// Its pieces, and whether each is one that was looked for.
    pub pieces: Vec<(String, bool)>,
}

/// How many of the terms a text says, and the part of it where it says them first, in one line. With `goes_on` the
/// last term may be the beginning of a word.
pub fn marked(text: &str, terms: &[&str], goes_on: bool, chars: usize) -> (usize, Vec<(String, bool)>) {
    let mut said = vec![false; terms.len()];
    let mut places: Vec<(usize, usize)> = Vec::new();
    for word in words(text) {
        let mut is_hit = false;
        for (index, term) in terms.iter().enumerate() {
            let goes_on = goes_on && index + 1 == terms.len();
            let is_it = |word: &str| word == *term || (goes_on && word.starts_with(term));
            let is_part = || parts(&text[word.start..word.end]).into_iter().any(|part| is_it(&folded(part)));
            if is_it(&word.folded) || is_part() {
                said[index] = true;
                is_hit = true;
            }
        }
        match places.last_mut() {
            Some(last) if is_hit && word.start <= last.1 => last.1 = word.end,
            _ if is_hit => places.push((word.start, word.end)),
            _ => {}
        }
    }
    let count = said.iter().filter(|said| **said).count();
    (count, cut(text, &places, chars))
}

/// The text from a little before the first place on, its lines joined.
fn cut(text: &str, places: &[(usize, usize)], chars: usize) -> Vec<(String, bool)> {
    let Some((first, _)) = places.first() else { return Vec::new() };
    let before: Vec<usize> = text[..*first].char_indices().rev().map(|(at, _)| at).take(chars / 3).collect();
    let mut start = before.last().copied().unwrap_or(*first);
    if start > 0 {
        // Not in the middle of a word.
        let mut blanks = text[start..*first].char_indices().filter(|(_, c)| c.is_whitespace());
        start = blanks.next().map_or(start, |(at, blank)| start + at + blank.len_utf8());
    }
    let end = text[start..].char_indices().nth(chars).map_or(text.len(), |(at, _)| start + at);
    let mut pieces = Vec::new();
    let mut push = |piece: &str, is_hit: bool| {
        let one_line: String = piece.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        if !one_line.is_empty() {
            pieces.push((one_line, is_hit));
        }
    };
    if start > 0 {
        push("… ", false);
    }
    let mut at = start;
    for (from, to) in places.iter().filter(|(_, to)| *to <= end) {
        push(&text[at..*from], false);
        push(&text[*from..*to], true);
        at = *to;
    }
    push(&text[at..end.max(at)], false);
    if end < text.len() {
        push(" …", false);
    }
    pieces
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Spaced,
    Unspaced,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    script: Script,
    start: usize,
    end: usize,
}

/// Letters and digits that stand together, each run of one kind of script.
fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let end = start + c.len_utf8();
        let follows = chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        // An apostrophe or an accent of its own does not end a word.
        let joins = open && (is_mark(c) || (matches!(c, '\'' | '’') && follows));
        if !c.is_alphanumeric() && !joins {
            open = false;
            continue;
        }
        let script = if is_unspaced(c) { Script::Unspaced } else { Script::Spaced };
        match runs.last_mut() {
            Some(last) if open && (joins || last.script == script) => last.end = end,
            _ => runs.push(Run { script, start, end }),
        }
        open = true;
    }
    runs
}

fn pairs(text: &str, run: &Run) -> Vec<Word> {
    let inner = &text[run.start..run.end];
    let starts: Vec<usize> = inner.char_indices().map(|(at, _)| run.start + at).collect();
    let word = |start: usize, end: usize| Word { folded: text[start..end].to_owned(), start, end };
    if starts.len() < 2 {
        return vec![word(run.start, run.end)];
    }
    let end_of = |index: usize| starts.get(index + 2).copied().unwrap_or(run.end);
    (0..starts.len() - 1).map(|index| word(starts[index], end_of(index))).collect()
}

/// `HighErrorRate` → `High`, `Error`, `Rate`; `HTTPServer` → `HTTP`, `Server`. Nothing, if it is one word.
fn parts(word: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    let mut cuts = vec![0];
    for at in 1..chars.len() {
        let (before, (place, here)) = (chars[at - 1].1, chars[at]);
        let after = chars.get(at + 1).map(|(_, c)| *c);
        let starts_word = here.is_uppercase()
            && (before.is_lowercase() || (before.is_uppercase() && after.is_some_and(char::is_lowercase)));
        if starts_word {
            cuts.push(place);
        }
    }
    if cuts.len() < 2 {
        return Vec::new();
    }
    cuts.push(word.len());
    cuts.windows(2).map(|cut| &word[cut[0]..cut[1]]).collect()
}

fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match deunicode::deunicode_char(c) {
            _ if matches!(c, '\'' | '’') || is_mark(c) => {}
            Some(latin) if latin.bytes().any(|byte| byte.is_ascii_alphanumeric()) => {
                let kept = latin.bytes().filter(u8::is_ascii_alphanumeric);
                out.extend(kept.map(|byte| char::from(byte.to_ascii_lowercase())));
            }
            _ => out.extend(c.to_lowercase()),
        }
        if out.len() >= INDEXED_WORD_CHARS {
            break;
        }
    }
    out.chars().take(INDEXED_WORD_CHARS).collect()
}

/// Accents that are characters of their own.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{ad}')
}

/// Scripts written without blanks between words, or with what belongs to a word glued to it.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{ac00}'..='\u{d7a3}' // Hangul
        | '\u{ff66}'..='\u{ff9f}' // Kana of half width
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_folded() {
        for (text, found) in [
            ("Checkout is down!", "checkout down"),
            ("Müller, MULLER", "muller muller"),
            ("Mu\u{308}ller", "muller"),
            ("straße Œuvre", "strasse oeuvre"),
            ("Сервер", "server"),
            ("couldn't couldn’t 'quoted'", "couldnt couldnt quoted"),
            ("db-1.eu_west/shop:9100", "db 1 eu west shop 9100"),
            ("HighErrorRate", "higherrorrate"),
            ("the of to", ""),
            ("障害対応", "障害 害対 対応"),
            ("障", "障"),
            ("DBの障害 now", "db の障 障害 now"),
            ("データベース", "デー ータ タベ ベー ース"),
            ("서버 장애", "서버 장애"),
            ("ＤＢ１", "db1"),
            (":fire: 🔥", "fire"),
            ("", ""),
        ] {
            assert_eq!(asked(text).join(" "), found, "{text}");
        }
    }

    #[test]
    fn a_text_is_found_by_more_words_than_it_has() {
        for (text, found) in [
            ("HighErrorRate on DB", "db error high higherrorrate rate"),
            ("HTTPServer", "http httpserver server"),
            ("iPhone eMMC1", "emmc1 e mmc1 i iphone phone"),
            ("障害", "害 障害"),
            ("障", "障"),
            ("disk disk", "disk"),
        ] {
            let mut found: Vec<&str> = found.split(' ').filter(|word| !EMPTY.contains(word)).collect();
            found.sort_unstable();
            assert_eq!(indexed(text).into_keys().collect::<Vec<_>>(), found, "{text}");
        }
        assert_eq!(indexed("disk Disk FULL")["disk"], 2);
        assert!(may_begin("di") && may_begin("障") && !may_begin("d"));
    }

    #[test]
    fn a_line_shows_what_was_found() {
        let told = |text: &str, terms: &[&str], goes_on: bool, chars: usize| {
            let (count, pieces) = marked(text, terms, goes_on, chars);
            let line: String = pieces
                .iter()
                .map(|(text, hit)| if *hit { format!("[{text}]") } else { text.clone() })
                .collect();
            (count, line)
        };
        for (text, terms, goes_on, chars, count, line) in [
            ("The Pool is full", &["pool"][..], false, 90, 1, "The [Pool] is full"),
            ("The pool\nis full", &["full", "pool"], false, 90, 2, "The [pool] is [full]"),
            ("connections", &["conn"], true, 90, 1, "[connections]"),
            ("connections", &["conn"], false, 90, 0, ""),
            ("障害対応中", &["障害", "害対", "対応"], false, 90, 3, "[障害対応]中"),
            ("HighErrorRate", &["error"], false, 90, 1, "[HighErrorRate]"),
            ("one two three four pool", &["pool"], false, 12, 1, "… [pool]"),
            ("pool one two three", &["pool"], false, 8, 1, "[pool] one …"),
            ("Über uns", &["uber"], false, 90, 1, "[Über] uns"),
        ] {
            assert_eq!(told(text, terms, goes_on, chars), (count, line.to_owned()), "{text}");
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let long = "x".repeat(10_000);
        assert_eq!(asked(&long)[0].len(), INDEXED_WORD_CHARS);
        let many: String = (0..10_000).map(|n| format!("w{n} ")).collect();
        assert_eq!(indexed(&many).len(), INDEXED_TEXT_WORDS);
    }

    proptest! {
        /// Whatever is asked for in the words of a text is among those it is found by, and stands where it is said to.
        #[test]
        fn what_is_said_is_found(text in "\\PC{0,60}|[a-zA-Z'’ é障害データ서버._-]{0,60}") {
            let index = indexed(&text);
            for word in words(&text) {
                prop_assert!(index.contains_key(&word.folded), "{word:?}");
                prop_assert!(text.get(word.start..word.end).is_some_and(|at| !at.is_empty()));
                let (count, _) = marked(&text, &[&word.folded], true, 7);
                prop_assert_eq!(count, 1);
            }
        }
    }
}
