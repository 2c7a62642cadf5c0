//! MiniJinja's own filters, tests, functions and Python's methods, each charged before it runs.
//!
//! They run in an environment of their own, in which nothing is counted; here stands what each may cost. What makes at
//! most as much as it is given has no line of its own.

use std::sync::OnceLock;

use minijinja::value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, Expression, State, UndefinedBehavior, Value};

use super::meter::{NODE_BYTES, made, make, read, scan, stopped};
use super::program::{CLOSURE, GROW, KEPT, MADE, READ, SCAN, TIMES};
use crate::limits::{TEMPLATE_CLOSURE_BYTES, TEMPLATE_DEPTH_MAX};

/// What a text can grow to by changing its letters, as `'\u{149}'.upper()` does, or its form, as `urlencode` does.
const SPREAD: usize = 3;
/// What a text can grow to where it is escaped: `\u0000`, `&#39;`.
pub(super) const ESCAPED: usize = 6;

type Cost = fn(&mut State<'_, '_>, &[Value], usize) -> Result<(), Error>;

/// Filters that read what they are given as a whole, and what they make of it at most.
const FILTERS: &[(&str, Cost)] = &[
    ("batch", rows),
    ("capitalize", spread),
    ("dictsort", items),
    ("e", escaped),
    ("escape", escaped),
    ("format", printf),
    ("groupby", items),
    ("indent", indent),
    ("items", items),
    ("join", join),
    ("lines", pieces),
    ("list", items),
    ("lower", spread),
    ("max", items),
    ("min", items),
    ("pprint", indented),
    ("replace", replace),
    ("reverse", items),
    ("safe", spread),
    ("slice", rows),
    ("sort", items),
    ("split", pieces),
    ("string", spread),
    ("sum", items),
    ("title", spread),
    ("tojson", json),
    ("trim", spread),
    ("unique", items),
    ("upper", spread),
    ("urlencode", escaped),
    ("zip", items),
];

/// Tests that compare.
const TESTS: &[&str] = &[
    "eq",
    "equalto",
    "==",
    "ne",
    "!=",
    "lt",
    "lessthan",
    "<",
    "le",
    "<=",
    "gt",
    "greaterthan",
    ">",
    "ge",
    ">=",
    "in",
    "startingwith",
    "endingwith",
    "lower",
    "upper",
];

/// Puts the counting in the place of what would not count.
pub(super) fn register(environment: &mut Environment<'static>) {
    for &(name, cost) in FILTERS {
        environment.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            let mut weight = 0;
            for arg in &args {
                weight += read(state, arg)?;
            }
            cost(state, &args, weight)?;
            let value = plain().empty_state().apply_filter(name, &args)?;
            made(state, value)
        });
    }
    for &name in TESTS {
        environment.add_test(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            for arg in &args {
                read(state, arg)?;
            }
            plain().empty_state().perform_test(name, &args)
        });
    }
    for name in ["first", "last"] {
        environment.add_filter(name, move |state: &mut State<'_, '_>, value: Value| {
            scan(state, &value)?;
            plain().empty_state().apply_filter(name, &[value])
        });
    }
    by_filter(environment);
    operators(environment);
    functions(environment);
}

/// Filters that call others by name: those count for themselves.
fn by_filter(environment: &mut Environment<'static>) {
    use minijinja::filters;
    environment.add_filter("map", |state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>| {
        all_items(state, &value)?;
        let mapped = filters::map(state, value, args)?;
        made(state, mapped.into())
    });
    macro_rules! choosing {
        ($($name:ident($($extra:ident),*);)*) => {$(
            environment.add_filter(
                stringify!($name),
                |state: &mut State<'_, '_>,
                 value: Value,
                 $($extra: std::borrow::Cow<'_, str>,)*
                 test: Option<std::borrow::Cow<'_, str>>,
                 args: Rest<ValueOrKwargs>| {
                    all_items(state, &value)?;
                    let chosen = filters::$name(state, value, $($extra,)* test, args)?;
                    made(state, chosen.into())
                },
            );
        )*};
    }
    choosing! { select(); reject(); selectattr(attribute); rejectattr(attribute); }
    environment.add_filter("chain", |state: &mut State<'_, '_>, value: Value, others: Rest<Value>| {
        chain(state, std::iter::once(value).chain(others.0).collect())
    });
}

fn all_items(state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let weight = read(state, value)?;
    items(state, std::slice::from_ref(value), weight)
}

/// The engine's chains are lazy, and a lazy chain of chains has no end.
fn chain(state: &mut State<'_, '_>, values: Vec<Value>) -> Result<Value, Error> {
    for value in &values {
        scan(state, value)?;
        make(state, value.len().unwrap_or(0).saturating_mul(2 * NODE_BYTES))?;
    }
    if values.iter().all(|value| value.kind() == ValueKind::Map) {
        let objects = values.iter().filter_map(Value::as_object);
        let pairs: Vec<(Value, Value)> =
            objects.flat_map(|object| object.try_iter_pairs().into_iter().flatten()).collect();
        return made(state, pairs.into_iter().collect());
    }
    let mut items = Vec::new();
    for value in &values {
        for item in value.try_iter()?.checked() {
            items.push(item?);
        }
    }
    made(state, Value::from(items))
}

fn operators(environment: &mut Environment<'static>) {
    environment.add_filter(GROW, |state: &mut State<'_, '_>, value: Value| {
        let weight = read(state, &value)?;
        make(state, weight).map(|()| value)
    });
    environment
        .add_filter(READ, |state: &mut State<'_, '_>, value: Value| read(state, &value).map(|_| value));
    environment.add_filter(MADE, made);
    environment
        .add_filter(SCAN, |state: &mut State<'_, '_>, value: Value| scan(state, &value).map(|()| value));
    environment.add_filter(KEPT, |state: &mut State<'_, '_>, value: Value| {
        read(state, &value)?;
        if holds_namespace(&value) {
            return Err(stopped("a namespace cannot be kept in a namespace"));
        }
        Ok(value)
    });
    environment.add_filter(CLOSURE, |state: &mut State<'_, '_>, value: Value| {
        make(state, TEMPLATE_CLOSURE_BYTES).map(|()| value)
    });
    environment.add_filter(TIMES, times);
}

/// Only called with values that were weighed: they have an end.
fn holds_namespace(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    object.type_name().ends_with("::Namespace")
        || match value.kind() {
            ValueKind::Map => object
                .try_iter_pairs()
                .into_iter()
                .flatten()
                .any(|(key, item)| holds_namespace(&key) || holds_namespace(&item)),
            ValueKind::Seq | ValueKind::Iterable => {
                object.try_iter().into_iter().flatten().any(|item| holds_namespace(&item))
            }
            _ => false,
        }
}

fn times(state: &mut State<'_, '_>, left: Value, right: Value) -> Result<Value, Error> {
    static TIMES: OnceLock<Option<Expression<'static, 'static>>> = OnceLock::new();
    for (value, count) in [(&left, &right), (&right, &left)] {
        if matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Iterable) {
            let weight = read(state, value)?;
            make(state, weight.saturating_mul(count.as_usize().unwrap_or(0)))?;
        }
    }
    let times = TIMES.get_or_init(|| plain().compile_expression("a * b").ok());
    let times = times.as_ref().ok_or_else(|| Error::from(ErrorKind::InvalidOperation))?;
    let product = times.eval(minijinja::context! { a => left, b => right }).map_err(|error| {
        Error::new(error.kind(), error.detail().unwrap_or("these cannot be multiplied").to_owned())
    })?;
    made(state, product)
}

fn functions(environment: &mut Environment<'static>) {
    use minijinja::functions;
    // It writes out all there is, and nobody needs it in a message.
    environment.remove_global("debug");
    environment.add_function(
        "range",
        |state: &mut State<'_, '_>, lower: isize, upper: Option<isize>, step: Option<isize>| {
            let range = functions::range(lower, upper, step)?;
            scan(state, &range).map(|()| range)
        },
    );
    environment.add_function("dict", |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        for arg in &args {
            let weight = read(state, arg)?;
            make(state, weight)?;
        }
        let (value, named): (Option<Value>, Kwargs) = from_args(&args)?;
        let value = functions::dict(value, named)?;
        made(state, value)
    });
    environment.add_function("namespace", |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        for arg in &args {
            read(state, arg)?;
            if holds_namespace(arg) {
                return Err(stopped("a namespace cannot be kept in a namespace"));
            }
        }
        let (defaults,): (Option<ValueOrKwargs>,) = from_args(&args)?;
        functions::namespace(defaults)
    });
}

/// Charges a method of a value that is not ours before it is called.
pub(super) fn method_cost(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<(), Error> {
    let mut weight = if value.kind() == ValueKind::Map { NODE_BYTES } else { read(state, value)? };
    for arg in args {
        weight += read(state, arg)?;
    }
    let all: Vec<Value> = std::iter::once(value).chain(args).cloned().collect();
    match method {
        "replace" => replace(state, &all, weight),
        "format" => braces(state, &all, weight),
        "join" => join(state, &[args.first().cloned().unwrap_or_default(), value.clone()], weight),
        "split" | "rsplit" | "splitlines" | "partition" => pieces(state, &all, weight),
        "count" | "index" | "find" | "rfind" | "startswith" | "endswith" => Ok(()),
        _ => spread(state, &all, weight),
    }
}

fn spread(state: &mut State<'_, '_>, _: &[Value], weight: usize) -> Result<(), Error> {
    make(state, weight.saturating_mul(SPREAD))
}

fn escaped(state: &mut State<'_, '_>, _: &[Value], weight: usize) -> Result<(), Error> {
    make(state, weight.saturating_mul(ESCAPED))
}

/// A list of the parts: of a text, of its characters.
fn items(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let count: usize = args.iter().map(|value| length(value, weight)).sum();
    make(state, count.saturating_mul(2 * NODE_BYTES))
}

/// Parts of a value, at most: some lists do not know their length, but they were weighed.
fn length(value: &Value, weight: usize) -> usize {
    match value.as_str() {
        Some(text) => text.len(),
        None if value.as_object().is_some() => value.len().unwrap_or(weight / NODE_BYTES),
        None => 0,
    }
}

/// `batch` and `slice`: rows, and what fills them up.
fn rows(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    items(state, args, weight)?;
    make(state, args.iter().skip(1).filter_map(Value::as_usize).sum::<usize>().saturating_mul(2 * NODE_BYTES))
}

fn pieces(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let text = args.first().and_then(Value::as_str).unwrap_or_default();
    let count = match args.get(1).and_then(Value::as_str) {
        Some("") => text.len(),
        Some(separator) => text.matches(separator).count(),
        None => text.matches(char::is_whitespace).count(),
    };
    make(state, weight + count.saturating_mul(NODE_BYTES))
}

fn replace(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let [Some(text), Some(from), Some(to)] = [0, 1, 2].map(|at| args.get(at).map(Value::to_string)) else {
        return Ok(());
    };
    let count = if from.is_empty() { text.len() + 1 } else { text.matches(&*from).count() };
    make(state, weight.saturating_add(count.saturating_mul(to.len())))
}

/// The list, then what stands between its parts: by place or as `d`.
fn join(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let longest = args.iter().skip(1).map(length_of_text).max().unwrap_or(0);
    make(
        state,
        weight.saturating_add(args.first().map_or(0, |list| length(list, weight)).saturating_mul(longest)),
    )
}

/// Bytes of the longest text in a value, named arguments included.
fn length_of_text(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    let Some(object) = value.as_object() else { return NODE_BYTES };
    let pairs = object.try_iter_pairs().into_iter().flatten();
    pairs.map(|(_, item)| item.as_str().map_or(NODE_BYTES, str::len)).max().unwrap_or(0)
}

fn indent(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let lines = args.first().and_then(Value::as_str).unwrap_or_default().matches('\n').count() + 1;
    let width = numbers(args.get(1..).unwrap_or_default()).max().unwrap_or(4);
    make(state, weight.saturating_add(lines.saturating_mul(width)))
}

/// Every number among arguments, named ones included.
fn numbers(args: &[Value]) -> impl Iterator<Item = usize> {
    args.iter().flat_map(|arg| {
        let named = arg.as_object().filter(|_| arg.kind() == ValueKind::Map);
        let named = named.and_then(|object| object.try_iter_pairs()).into_iter().flatten();
        named.map(|(_, item)| item).chain([arg.clone()]).filter_map(|value| value.as_usize())
    })
}

fn json(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    let given = args.get(1..).unwrap_or_default();
    let width = if given.is_empty() { 0 } else { numbers(given).max().unwrap_or(2) };
    blanks(state, width, weight)
}

fn indented(state: &mut State<'_, '_>, _: &[Value], weight: usize) -> Result<(), Error> {
    blanks(state, 4, weight)
}

/// A line for each part, deeper parts further to the right.
fn blanks(state: &mut State<'_, '_>, width: usize, weight: usize) -> Result<(), Error> {
    let for_each_byte = width.saturating_mul(TEMPLATE_DEPTH_MAX) / NODE_BYTES;
    make(state, weight.saturating_mul(for_each_byte.saturating_add(1)))
}

/// `'%-20s' | format(…)`.
fn printf(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    filled_in(state, b'%', args, weight)
}

/// `'{:>20}'.format(…)`.
fn braces(state: &mut State<'_, '_>, args: &[Value], weight: usize) -> Result<(), Error> {
    filled_in(state, b'{', args, weight)
}

/// Every place can be as wide as the largest number that the format (or, where it may, an argument) names, filled with
/// any character, and as long as the arguments; a number written out has up to 310 digits before the point.
fn filled_in(state: &mut State<'_, '_>, mark: u8, args: &[Value], weight: usize) -> Result<(), Error> {
    const DIGITS: usize = 320;
    const CHAR_BYTES: usize = 4;
    let format = args.first().and_then(Value::as_str).unwrap_or_default();
    let places = format.bytes().filter(|&byte| byte == mark).count();
    let digits = format.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let named = digits.map(|run| run.parse::<usize>().unwrap_or(usize::MAX)).max().unwrap_or(0);
    let passed = numbers(args).max().filter(|_| takes_widths(format, mark)).unwrap_or(0);
    let width = named.saturating_add(passed).saturating_mul(CHAR_BYTES);
    let place = weight.saturating_add(width).saturating_add(DIGITS);
    make(state, format.len().saturating_add(places.saturating_mul(place)))
}

/// Whether a format takes widths from its arguments: `%*d`, `{:{}}`.
fn takes_widths(format: &str, mark: u8) -> bool {
    if mark == b'%' {
        return format.contains('*');
    }
    let mut depth = 0_u32;
    format.bytes().any(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 1
    })
}

/// The engine as it is, to be called when the cost is known.
fn plain() -> &'static Environment<'static> {
    static PLAIN: OnceLock<Environment<'static>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment
    })
}
