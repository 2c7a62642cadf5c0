use proptest::prelude::*;
use regex::Regex;

use super::*;

fn holds(go: &str, value: &str) -> bool {
    let translated = translate_anchored(go).unwrap_or_else(|error| panic!("{go}: {error}"));
    Regex::new(&translated).unwrap_or_else(|error| panic!("{go} as {translated}: {error}")).is_match(value)
}

#[test]
fn where_go_and_the_crate_differ() {
    for (go, yes, no) in [
        (r"\d+", "42", "٣"),
        (r"\w+", "ab_1", "é"),
        (r"\W", "é", "e"),
        (r"a\sb", "a b", "a\u{a0}b"),
        (r"\s", "\t", "\u{b}"),
        (r"\S", "\u{a0}", " "),
        (r"[[:space:]]", "\u{b}", "\u{a0}"),
        (r"é\b.", "éa", "éé"),
        (r"é\B.", "éé", "éa"),
        (r"[a&&b]", "&", "c"),
        (r"[%--z]", "-", "{"),
        (r"[a~~b]", "~", "c"),
        (r"[[a]", "[", "]"),
        (r"[]a]", "]", "b"),
        (r"[^]a]", "b", "]"),
        (r"[a-]", "-", "b"),
        (r"[\d-z]", "-", "a"),
        (r"[[:^digit:]x]", "é", "1"),
        (r"[[:word:]]", "_", "-"),
        (r"[\W\d]", "1", "a"),
        (r"\Qa.b*\E+", "a.b**", "aXb"),
        (r"\x41\x{1F642}\101\07", "A🙂A\u{7}", "A"),
        (r"\_\<\>\-\/\#\ ", "_<>-/# ", ""),
        (r"a{,2}", "a{,2}", "aa"),
        (r"a{", "a{", "a"),
        (r"a{01}", "a{01}", "a"),
        (r"{", "{", ""),
        (r"a{2,}", "aaa", "a"),
        (r"(?P<x>a)(?P<y_1>b)", "ab", "a"),
        (r"(?<1x>a)", "a", "b"),
        (r"(?P<x>a)(?P<x>b)", "ab", "a"),
        (r"(?i)straße", "STRAßE", "strasse"),
        (r"(?i)k", "\u{212a}", "x"),
        (r"(?i:a)b", "Ab", "AB"),
        (r"(?i)a(?-i)b|c", "Ab", "AB"),
        (r"(?i)\w", "\u{17f}", "é"),
        (r"(?)a", "a", ""),
        (r"(?ii-i)a", "a", "A"),
        (r"a(?i)*b", "aaB", "AB"),
        (r"(?s).", "\n", ""),
        (r".", "x", "\n"),
        (r"(?m)a$\n^b", "a\nb", "ab"),
        (r"a)|(?:b", "a and more", "c"),
        (r"a)(?:b", "ab", "a"),
        (r"\Aa\z", "a", "b"),
        (r"^*a", "a", "b"),
        (r"\p{Greek}\pL\p{^Lu}\P{Lu}", "αaaa", "αaAa"),
        (r"(?U)a+?", "aa", ""),
        (r"", "", "a"),
        (r"(|a)", "", "b"),
        (r"x||y", "", "z"),
        (r"[\x{d7ff}-\x{e000}]", "\u{e000}", "a"),
        (r"[^\x00-\x{10FFFF}]|a", "a", "b"),
        (r"[\x{d800}]|a", "a", "b"),
        (r"\p{Cs}|a", "a", "b"),
        (r"[\P{surrogate}]a", "éa", "a"),
        (r"[^\p{Cs}b]", "a", "b"),
        (r"a(?:b{2})+", "abbbb", "abbb"),
        ("é#x y", "é#x y", "éxy"),
    ] {
        assert!(holds(go, yes), "{go} should match {yes:?}");
        assert!(!holds(go, no), "{go} should not match {no:?}");
    }
}

#[test]
fn what_go_refuses() {
    for (go, what) in [
        ("*", "missing argument to repetition operator: `*`"),
        ("(*a)", "missing argument to repetition operator: `*`"),
        ("a|{2}", "missing argument to repetition operator: `{2}`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a*+?", "invalid nested repetition operator: `*+?`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("(a{100}){11}", "invalid repeat count: `{11}`"),
        ("a{99999999999999999999}", "invalid repeat count: `{99999999999999999999}`"),
        ("[a", "missing closing ]: `[a`"),
        ("[]", "missing closing ]: `[]`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        (r"\pX", r"invalid character class range: `\pX`"),
        (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
        (r"[a-\d]", r"invalid escape sequence: `\d`"),
        (r"[\b]", r"invalid escape sequence: `\b`"),
        (r"\1", r"invalid escape sequence: `\1`"),
        (r"\C", r"invalid escape sequence: `\C`"),
        (r"\Z", r"invalid escape sequence: `\Z`"),
        (r"\E", r"invalid escape sequence: `\E`"),
        (r"\é", r"invalid escape sequence: `\é`"),
        (r"\x{110000}", r"invalid escape sequence: `\x{110000}`"),
        (r"\Qabc", r"missing closing ): `\Qabc`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
        ("(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`"),
        ("(?P<a-b>b)", "invalid named capture: `(?P<a-b>`"),
    ] {
        let error = translate_anchored(go).expect_err(go);
        assert_eq!(error.to_string(), what, "{go}");
        assert!(!error.hint().is_empty());
    }
}

proptest! {
    /// Whatever Go takes, the crate takes too (unless it grows too large).
    #[test]
    fn a_translation_always_compiles(go in r"[ab*+?|(){}\[\]\\^$.,:QEdDwWsSbBzpPLi<>=&~\-0-9é]{0,24}") {
        if let Ok(translated) = translate_anchored(&go)
            && let Err(error) = Regex::new(&translated)
        {
            prop_assert!(matches!(error, regex::Error::CompiledTooBig(_)), "{} as {}: {}", go, translated, error);
        }
    }

    #[test]
    fn quoted_text_matches_itself(text in any::<String>()) {
        prop_assume!(!text.contains("\\E"));
        let quoted = format!("\\Q{text}\\E");
        prop_assert!(holds(&quoted, &text));
        prop_assert!(holds(&regex::escape(&text), &text));
    }
}
