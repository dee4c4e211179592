//! Arithmetic of the number nodes: f64, as the original computes, on single numbers and on lists.
use protocol::{Buffer, Value};

/// Whole numbers between these (2^53, 2^63) have one form as results and another in a packed list.
const EXACT: f64 = 9_007_199_254_740_992.0;
const COMPUTED: f64 = 9_223_372_036_854_775_808.0;

/// `of` applied to a number, or to each top-level number of a list; any other value stays what it is.
pub(crate) fn map_numbers(value: Value, of: impl Fn(f64) -> f64) -> Value {
    match value.as_f64() {
        Some(x) => Value::computed(of(x)),
        None => map_list(value, of),
    }
}

fn map_list(value: Value, of: impl Fn(f64) -> f64) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(|item| map_number(item, &of)).collect()),
        Value::Numbers(data) => map_packed(data, of),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Map(_)
        | Value::Audio(_)
        | Value::Tensor(_)
        | Value::Bytes(_)) => other,
    }
}

fn map_number(value: Value, of: impl Fn(f64) -> f64) -> Value {
    match value.as_f64() {
        Some(x) => Value::computed(of(x)),
        None => value,
    }
}

/// Stays packed if every result has the same form in a packed list; in practice all have.
fn map_packed(data: Buffer, of: impl Fn(f64) -> f64) -> Value {
    let Ok(numbers) = data.f64s() else { return Value::Numbers(data) };
    let mut results = numbers.into_owned();
    let mut packable = true;
    for x in &mut results {
        // The addition makes a zero positive: that is its one form.
        *x = of(*x) + 0.0;
        packable &= x.is_finite() && (x.abs() <= EXACT || x.abs() >= COMPUTED);
    }
    if packable {
        Value::Numbers(Buffer::from_f64(results))
    } else {
        Value::List(results.into_iter().map(Value::computed).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numbers: &[f64], factor: f64, packed: bool) {
        let unpacked = Value::List(numbers.iter().map(|x| Value::number(*x)).collect());
        let result = map_numbers(Value::Numbers(Buffer::from_f64(numbers.to_vec())), |x| x * factor);
        assert_eq!(matches!(result, Value::Numbers(_)), packed, "{result:?}");
        assert_eq!(result, map_numbers(unpacked, |x| x * factor));
    }

    #[test]
    fn a_packed_list_gives_what_the_unpacked_one_gives() {
        check(&[1.0, -2.5, 0.0], 3.0, true);
        check(&[], 3.0, true);
        check(&[1.0, 9_007_199_254_740_992.0], 1.0, true);
        check(&[1.0, 9_007_199_254_740_992.0], 2.0, false);
        check(&[1e300, 1.0], 1e10, false);
        check(&[1.0, 1e300], 1.0, true);
        check(&[0.0, 1.0], -1.0, true);
        check(&[0.0], f64::INFINITY, false);
    }
}
