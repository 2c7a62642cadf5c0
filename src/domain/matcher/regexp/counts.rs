//! How often something repeats: `{2,5}`.

/// The largest count of a repeat, and the largest product of repeats within repeats.
pub(super) const REPEAT_MAX: u64 = 1000;

/// `{n}`, `{n,}` or `{n,m}`; a number too large for Go is `None` in its place.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    min: Option<u64>,
    max: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    Open,
    At(Option<u64>),
}

impl Counts {
    pub(super) fn is_valid(self) -> bool {
        let Some(min) = self.min.filter(|min| *min <= REPEAT_MAX) else {
            return false;
        };
        match self.max {
            Bound::Open => true,
            Bound::At(max) => max.is_some_and(|max| max <= REPEAT_MAX && min <= max),
        }
    }

    pub(super) fn written(self) -> String {
        let min = self.min.unwrap_or(0);
        match self.max {
            Bound::Open => format!("{{{min},}}"),
            Bound::At(max) => format!("{{{min},{}}}", max.unwrap_or(0)),
        }
    }

    /// Go looks at the product only where something is repeated at least twice.
    pub(super) fn is_plural(self) -> bool {
        let max = if let Bound::At(max) = self.max { max } else { None };
        self.min.is_some_and(|min| min >= 2) || max.is_some_and(|max| max >= 2)
    }

    pub(super) fn weight(self, inner: u64) -> u64 {
        match self.max {
            Bound::At(Some(0)) => 1,
            Bound::At(Some(max)) => inner.saturating_mul(max),
            Bound::At(None) | Bound::Open => inner.saturating_mul(self.min.unwrap_or(0).max(1)),
        }
    }
}

/// Reads the counts of a repeat; `None` if the brace is a literal.
pub(super) fn read(text: &str) -> Option<(Counts, &str)> {
    let (min, rest) = number(text.strip_prefix('{')?)?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((Counts { min, max: Bound::At(min) }, rest));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((Counts { min, max: Bound::Open }, rest));
    }
    let (max, rest) = number(rest)?;
    Some((Counts { min, max: Bound::At(max) }, rest.strip_prefix('}')?))
}

/// Decimal digits without a leading zero.
fn number(text: &str) -> Option<(Option<u64>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok(), rest))
}
