//! [`Arg`] and [`Value`] in PostgreSQL's binary format. PostgreSQL derives each parameter's type from the
//! statement; an argument fits itself to it where nothing is lost, and is refused where it does not fit.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, WrongType, to_sql_checked};

use super::{Arg, Value};

type BoxError = Box<dyn Error + Sync + Send>;

impl ToSql for Arg<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match (self, ty) {
            (Arg::Null, _) => Ok(IsNull::Yes),
            (Arg::I(v), &Type::INT8) => v.to_sql(ty, out),
            (Arg::I(v), &Type::INT4) => i32::try_from(*v)?.to_sql(ty, out),
            (Arg::I(v), &Type::INT2) => i16::try_from(*v)?.to_sql(ty, out),
            (Arg::I(v @ (0 | 1)), &Type::BOOL) => (*v == 1).to_sql(ty, out),
            (Arg::I(v), &Type::FLOAT8) => as_float(*v).to_sql(ty, out),
            (Arg::I(_), _) => Err(wrong::<i64>(ty)),
            (Arg::F(v), &Type::FLOAT8) => v.to_sql(ty, out),
            (Arg::F(_), _) => Err(wrong::<f64>(ty)),
            (Arg::T(v), ty) if <&str as ToSql>::accepts(ty) || *ty == Type::JSON => {
                let without_nul = v.contains('\0').then(|| v.replace('\0', "\u{FFFD}"));
                out.extend_from_slice(without_nul.as_deref().unwrap_or(v).as_bytes());
                Ok(IsNull::No)
            }
            (Arg::T(_), _) => Err(wrong::<&str>(ty)),
            (Arg::B(v), &Type::BYTEA) => v.to_sql(ty, out),
            (Arg::B(_), _) => Err(wrong::<&[u8]>(ty)),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn wrong<T>(ty: &Type) -> BoxError {
    Box::new(WrongType::new::<T>(ty.clone()))
}

#[expect(clippy::cast_precision_loss, reason = "the column holds floats; SQLite does the same")]
fn as_float(v: i64) -> f64 {
    v as f64
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(match *ty {
            Type::BOOL => Self::I(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::I(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Self::I(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Self::I(i64::from_sql(ty, raw)?),
            Type::FLOAT4 => Self::F(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::F(f64::from_sql(ty, raw)?),
            Type::NUMERIC => numeric(raw)?,
            Type::BYTEA => Self::B(raw.to_vec()),
            Type::VOID => Self::Null,
            _ => Self::T(std::str::from_utf8(raw)?.to_owned()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        const KNOWN: [Type; 10] = [
            Type::BOOL,
            Type::INT2,
            Type::INT4,
            Type::INT8,
            Type::FLOAT4,
            Type::FLOAT8,
            Type::NUMERIC,
            Type::BYTEA,
            Type::VOID,
            Type::JSON,
        ];
        KNOWN.contains(ty) || <&str as FromSql<'_>>::accepts(ty)
    }
}

/// `sum(bigint)` and `avg(bigint)` are NUMERIC: an integer if there is nothing behind the point.
/// The format: number of digits, weight, sign, scale, then the digits to base 10,000.
fn numeric(raw: &[u8]) -> Result<Value, BoxError> {
    let words: Vec<i16> = raw.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect();
    let [_, weight, sign, scale, digits @ ..] = words.as_slice() else {
        return Err("a short NUMERIC".into());
    };
    let negative = match *sign {
        0 => false,
        0x4000 => true,
        _ => return Ok(Value::F(f64::NAN)),
    };
    if *scale == 0 {
        let places = usize::try_from(*weight + 1).unwrap_or(0);
        let mut whole: i128 = 0;
        for place in 0..places {
            let digit = digits.get(place).copied().unwrap_or(0);
            whole = whole.checked_mul(10_000).ok_or("a NUMERIC out of range")? + i128::from(digit);
        }
        return Ok(Value::I(i64::try_from(if negative { -whole } else { whole })?));
    }
    let digit = |(place, digit): (usize, &i16)| {
        f64::from(*digit) * 10_000_f64.powi(i32::from(*weight) - i32::try_from(place).unwrap_or(0))
    };
    let value: f64 = digits.iter().enumerate().map(digit).sum();
    Ok(Value::F(if negative { -value } else { value }))
}
