//! Lists of values, as postcard has them. Most lists are numbers, so those are written and read here directly; serde
//! takes several times as long for each.
use crate::Value;

/// postcard's numbers of these variants.
const INT: u8 = 2;
const FLOAT: u8 = 4;
/// Room is made for so many values at once: what a list says of its length is not to be trusted.
const TRUSTED: usize = 1 << 14;

pub(crate) fn write(values: &[Value]) -> postcard::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(&values.len(), Vec::with_capacity(16 + 4 * values.len()))?;
    for value in values {
        if let Value::Int(x) = *value {
            bytes.push(INT);
            write_varint(((x << 1) ^ (x >> 63)) as u64, &mut bytes);
        } else if let Value::Float(x) = value {
            bytes.push(FLOAT);
            bytes.extend_from_slice(&x.to_le_bytes());
        } else {
            bytes = postcard::to_extend(value, bytes)?;
        }
    }
    Ok(bytes)
}

/// The values, and what comes after them.
pub(crate) fn read(bytes: &[u8]) -> postcard::Result<(Vec<Value>, &[u8])> {
    let (count, mut rest): (usize, _) = postcard::take_from_bytes(bytes)?;
    let mut values = Vec::with_capacity(count.min(rest.len()).min(TRUSTED));
    for _ in 0..count {
        let (value, after) = match read_number(rest) {
            Some(read) => read,
            None => postcard::take_from_bytes(rest)?,
        };
        values.push(value);
        rest = after;
    }
    Ok((values, rest))
}

/// None if it is anything else, or not well-formed.
fn read_number(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    match tag {
        INT => {
            let (x, rest) = read_varint(rest)?;
            Some((Value::Int((x >> 1) as i64 ^ -((x & 1) as i64)), rest))
        }
        FLOAT => {
            let (x, rest) = rest.split_first_chunk()?;
            // The page writes every number it can as a float: integers get their one form here.
            Some((Value::number(f64::from_le_bytes(*x)), rest))
        }
        _ => None,
    }
}

fn write_varint(mut x: u64, bytes: &mut Vec<u8>) {
    while x >= 0x80 {
        bytes.push(x as u8 | 0x80);
        x >>= 7;
    }
    bytes.push(x as u8);
}

/// Of up to nine bytes: the tenth may be too much, which is for postcard to say.
fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut x = 0;
    for (i, byte) in bytes.iter().take(9).enumerate() {
        x |= u64::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            return Some((x, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[Value]) {
        let bytes = write(values).unwrap();
        assert_eq!(bytes, postcard::to_allocvec(values).unwrap());
        assert_eq!(read(&bytes).unwrap(), (values.to_vec(), &[][..]));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end} of {bytes:?}");
        }
    }

    #[test]
    fn numbers_are_written_and_read_as_postcard_does() {
        let ints = [0, 1, -1, 63, 64, -64, -65, 127, 128, 1 << 53, i64::MAX, i64::MIN];
        let powers = (0..63).flat_map(|bit| [1i64 << bit, -(1i64 << bit), (1i64 << bit) - 1]);
        check(&ints.into_iter().chain(powers).map(Value::Int).collect::<Vec<_>>());
        check(&[0.5, -0.25, 1e300, f64::MIN_POSITIVE, 9_007_199_254_740_994.0].map(Value::Float));
        check(&[]);
    }

    #[test]
    fn numbers_and_other_values_mix() {
        let nested = Value::List(vec![Value::Int(1), Value::Text("two".into()), Value::Null]);
        check(&[
            Value::Int(-3),
            nested,
            Value::Float(0.5),
            Value::Bool(true),
            Value::UInt(u64::MAX),
            Value::Null,
        ]);
    }

    #[test]
    fn a_float_that_is_whole_is_read_as_an_integer() {
        let bytes = write(&[Value::Float(3.0), Value::Float(-0.0), Value::Float(f64::NAN)]).unwrap();
        assert_eq!(read(&bytes).unwrap().0, [Value::Int(3), Value::Int(0), Value::Null]);
    }

    #[test]
    fn an_integer_too_long_or_a_list_longer_than_its_bytes_is_refused() {
        let mut long = vec![1, INT];
        long.extend([0xff; 10]);
        long.push(1);
        assert!(read(&long).is_err());
        let (mut huge, mut rest) = (vec![0xff; 4], vec![0x0f, INT, 0]);
        huge.append(&mut rest);
        assert!(read(&huge).is_err());
    }
}
