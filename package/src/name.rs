//! Names that are the same file on every system, and lead nowhere else.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::Limits;
use crate::text::shown;

/// Characters that some system does not have in names of files, or reads as something else.
const FORBIDDEN: &[char] = &['\\', ':', '<', '>', '"', '|', '?', '*'];

/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// Whether `name` may be the name of an entry; a folder's ends with `/`.
///
/// # Errors
/// Why not, as the rest of a sentence that begins with the name.
pub(crate) fn check(name: &str, limits: &Limits) -> Result<(), String> {
    if name.len() > limits.name as usize {
        return Err(format!("has a name of {} bytes, at most {} are allowed", name.len(), limits.name));
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    let depth = name.split('/').count();
    if depth > limits.depth as usize {
        return Err(format!("is {depth} folders deep, at most {} are allowed", limits.depth));
    }
    if let Some(wrong) = name.chars().find(|it| it.is_control() || FORBIDDEN.contains(it)) {
        return Err(format!("has `{}` in its name", wrong.escape_debug()));
    }
    name.split('/').try_for_each(part)
}

fn part(part: &str) -> Result<(), String> {
    let wrong = match part {
        "" => "has an empty part in its name",
        "." | ".." => "leads out of its folder",
        _ if part.ends_with(['.', ' ']) => "has a part that ends with a dot or a space",
        _ if is_device(part) => "has a part that is a device on Windows",
        _ => return Ok(()),
    };
    Err(wrong.into())
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_lowercase();
    let numbered =
        |kind: &str| stem.strip_prefix(kind).is_some_and(|it| matches!(it.as_bytes(), [b'1'..=b'9']));
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// The same for all names that some file system takes for one: whatever their case and their normalization.
pub(crate) fn fold(name: &str) -> String {
    // Up and down again: `ß` and `ss`, `ſ` and `s` are one to some.
    let upper: String = name.nfd().flat_map(char::to_uppercase).collect();
    upper.nfd().flat_map(char::to_lowercase).nfc().collect()
}

/// Whether all of `names` are different files, wherever they are unpacked, and none of them lies in another.
///
/// # Errors
/// Which two are not.
pub(crate) fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(fold(name.trim_end_matches('/')), name) {
            let (one, two) = (shown(other), shown(name));
            return Err(format!("`{two}` is there twice: `{one}` is the same name to some systems"));
        }
    }
    for (folded, name) in &seen {
        for (at, _) in folded.match_indices('/') {
            if let Some(file) = seen.get(&folded[..at]).filter(|it| !it.ends_with('/')) {
                return Err(format!("`{}` lies in a file: `{}`", shown(name), shown(file)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_allowed() {
        let limits = Limits::default();
        for name in [
            "a",
            "models/whisper-tiny/model.safetensors",
            "media/Grüße 1.wav",
            "a..b/.c",
            "deps/",
            "console.py",
        ] {
            assert_eq!(check(name, &limits), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_mean_something_else_elsewhere_are_not() {
        let limits = Limits::default();
        for (name, why) in [
            ("", "has an empty part in its name"),
            ("/", "has an empty part in its name"),
            ("/etc/passwd", "has an empty part in its name"),
            ("a//b", "has an empty part in its name"),
            ("../evil.txt", "leads out of its folder"),
            ("a/../b", "leads out of its folder"),
            ("a/./b", "leads out of its folder"),
            ("..", "leads out of its folder"),
            ("..\\evil.txt", "has `\\\\` in its name"),
            ("C:\\evil.txt", "has `:` in its name"),
            ("C:evil.txt", "has `:` in its name"),
            ("a\0b", "has `\\0` in its name"),
            ("a\nb", "has `\\n` in its name"),
            ("a./b", "has a part that ends with a dot or a space"),
            ("a /b", "has a part that ends with a dot or a space"),
            ("python/NUL.py", "has a part that is a device on Windows"),
            ("com1", "has a part that is a device on Windows"),
        ] {
            assert_eq!(check(name, &limits).unwrap_err(), why, "{name:?}");
        }
    }

    #[test]
    fn names_are_bounded_in_length_and_depth() {
        let limits = Limits::default();
        assert_eq!(check(&"x".repeat(255), &limits), Ok(()));
        assert_eq!(
            check(&"x".repeat(256), &limits).unwrap_err(),
            "has a name of 256 bytes, at most 255 are allowed"
        );
        assert_eq!(check(&["a"; 16].join("/"), &limits), Ok(()));
        assert_eq!(
            check(&["a"; 17].join("/"), &limits).unwrap_err(),
            "is 17 folders deep, at most 16 are allowed"
        );
    }

    #[test]
    fn names_that_some_system_takes_for_one_fold_to_one() {
        for (one, other) in [
            ("A.py", "a.PY"),
            ("\u{e9}", "e\u{301}"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{17f}", "S"),
            ("\u{c5}", "\u{212b}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_ne!(fold("a"), fold("b"));
    }
}
