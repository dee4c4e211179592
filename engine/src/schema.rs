//! Parameters against the JSON Schema of their node kind.
//!
//! The subset of JSON Schema that node kinds use: `properties`, `type`, `enum`, `minimum`, `maximum`, `items`, `default`,
//! and three words of ours: `x-aliases` (other accepted names), `x-ignored` (why a name has no meaning here),
//! `x-lowercase` (text is lowercased before it is compared). Text of `"format": "model"` names a model.
use protocol::Value;

/// What is wrong, or merely odd, with one parameter.
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) fatal: bool,
    pub(crate) message: String,
}

/// `given` with aliases resolved and defaults filled in.
pub(crate) fn conform(schema: &Value, given: Vec<(String, Value)>, findings: &mut Vec<Finding>) -> Value {
    let no_properties = Value::Map(Vec::new());
    let Value::Map(properties) = schema.get("properties").unwrap_or(&no_properties) else {
        return Value::Map(given);
    };
    // A kind that declares no parameters takes what it gets: so do users' own nodes without a schema.
    if properties.is_empty() {
        return Value::Map(given);
    }
    let mut params: Vec<(String, Value)> = Vec::new();
    let (exact, other): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|(name, _)| properties.iter().any(|(property, _)| property == name));
    for (name, value) in exact.into_iter().chain(other) {
        let found = properties.iter().find(|(property, it)| *property == name || has_alias(it, &name));
        let Some((property, rule)) = found else {
            findings.push(unknown(properties, name.clone()));
            params.push((name, value));
            continue;
        };
        if let Some(reason) = rule.get("x-ignored").and_then(Value::as_text) {
            let message = format!("parameter `{name}` has no effect here: {reason}");
            findings.push(Finding { name, fatal: false, message });
        } else if value == Value::Null || params.iter().any(|(there, _)| there == property) {
            // null asks for the default; an alias beside the real name yields to it.
        } else {
            match check(rule, value) {
                Ok(value) => params.push((property.clone(), value)),
                Err(why) => findings.push(Finding {
                    message: format!("parameter `{name}` {why}; {}", accepted(properties)),
                    name,
                    fatal: true,
                }),
            }
        }
    }
    for (property, rule) in properties {
        if let Some(default) = rule.get("default")
            && !params.iter().any(|(name, _)| name == property)
        {
            params.push((property.clone(), default.clone()));
        }
    }
    Value::Map(params)
}

/// The parameters that name models.
pub(crate) fn models_of(schema: &Value, params: &Value) -> Vec<String> {
    let Some(Value::Map(properties)) = schema.get("properties") else { return Vec::new() };
    let is_model = |(name, rule): &&(String, Value)| {
        rule.get("format").and_then(Value::as_text) == Some("model")
            && params.get(name).is_some_and(|value| value.as_text().is_some())
    };
    properties.iter().filter(is_model).map(|(name, _)| name.clone()).collect()
}

fn has_alias(rule: &Value, name: &str) -> bool {
    let aliases = rule.get("x-aliases").and_then(Value::items).unwrap_or_default();
    aliases.iter().any(|alias| alias.as_text() == Some(name))
}

fn unknown(properties: &[(String, Value)], name: String) -> Finding {
    let message = format!("unknown parameter `{name}`; {}", accepted(properties));
    Finding { name, fatal: false, message }
}

fn accepted(properties: &[(String, Value)]) -> String {
    let names: Vec<_> = properties
        .iter()
        .filter(|(_, rule)| rule.get("x-ignored").is_none())
        .map(|(name, rule)| format!("`{name}` ({})", types(rule).join(" or ")))
        .collect();
    if names.is_empty() { "it takes no parameters".into() } else { format!("accepted: {}", names.join(", ")) }
}

fn types(rule: &Value) -> Vec<String> {
    let one = rule.get("type").and_then(Value::as_text).map(|it| vec![it.to_owned()]);
    let many =
        || Some(rule.get("type")?.items()?.iter().filter_map(|it| it.as_text().map(str::to_owned)).collect());
    one.or_else(many).filter(|names: &Vec<String>| !names.is_empty()).unwrap_or_else(|| vec!["any".into()])
}

/// `value` if it follows `rule`, else what is wrong with it.
fn check(rule: &Value, value: Value) -> Result<Value, String> {
    let types = types(rule);
    if !types.iter().any(|name| is_of(name, &value)) {
        return Err(format!("must be {}, not {}", types.join(" or "), shown(&value)));
    }
    let value = match value {
        Value::Text(text) if rule.get("x-lowercase") == Some(&Value::Bool(true)) => {
            Value::Text(text.to_ascii_lowercase())
        }
        other => other,
    };
    if let Some(allowed) = rule.get("enum").and_then(Value::items)
        && !allowed.contains(&value)
    {
        let names: Vec<_> = allowed.iter().map(Value::to_json).collect();
        return Err(format!("must be one of {}, not {}", names.join(", "), shown(&value)));
    }
    if let Some(x) = value.as_f64() {
        if let Some(least) = rule.get("minimum").and_then(Value::as_f64).filter(|least| x < *least) {
            return Err(format!("must be at least {least}, not {x}"));
        }
        if let Some(most) = rule.get("maximum").and_then(Value::as_f64).filter(|most| x > *most) {
            return Err(format!("must be at most {most}, not {x}"));
        }
    }
    if let (Some(rule), Some(items)) = (rule.get("items"), value.items()) {
        let items = items.into_iter().map(|item| check(rule, item)).collect::<Result<Vec<_>, _>>();
        return items.map(Value::List).map_err(|why| format!("has an entry that {why}"));
    }
    Ok(value)
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "any" => true,
        "null" => *value == Value::Null,
        "boolean" => matches!(value, Value::Bool(_)),
        "number" => value.as_f64().is_some(),
        "integer" => matches!(value, Value::Int(_) | Value::UInt(_)),
        "string" => value.as_text().is_some(),
        "array" => matches!(value, Value::List(_) | Value::Numbers(_)),
        "object" => matches!(value, Value::Map(_)),
        _ => false,
    }
}

/// A value in a message: short, whatever it is.
fn shown(value: &Value) -> String {
    let text = value.to_json();
    match text.char_indices().nth(40) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"type":"object","properties":{
        "factor":{"type":"number","default":2,"minimum":-10,"maximum":10,"x-aliases":["multiplier"]},
        "quality":{"type":"string","enum":["low","high"],"x-lowercase":true},
        "operations":{"type":"array","items":{"type":"string"}},
        "rate":{"type":["integer","null"]},
        "n_threads":{"type":"integer","x-ignored":"threads are chosen by the runtime"}}}"#;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        let Value::Map(given) = Value::from_json(given).unwrap() else { panic!("a map") };
        let mut findings = Vec::new();
        let params = conform(&Value::from_json(SCHEMA).unwrap(), given, &mut findings);
        let told: Vec<_> =
            findings.iter().map(|it| format!("{}{}", if it.fatal { "!" } else { "?" }, it.message)).collect();
        let shown = if told.is_empty() { params.to_json() } else { told.join("\n") };
        assert!(shown.starts_with(expected), "{shown}\n  is not\n{expected}");
    }

    #[test]
    fn names_defaults_and_aliases() {
        check("{}", r#"{"factor":2}"#);
        check(r#"{"multiplier":3}"#, r#"{"factor":3}"#);
        check(r#"{"multiplier":3,"factor":4}"#, r#"{"factor":4}"#);
        check(r#"{"factor":null}"#, r#"{"factor":2}"#);
        check(r#"{"quality":"HIGH"}"#, r#"{"quality":"high","factor":2}"#);
        check(r#"{"rate":8000}"#, r#"{"rate":8000,"factor":2}"#);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_accepted() {
        check(
            r#"{"factor":"3"}"#,
            "!parameter `factor` must be number, not \"3\"; accepted: `factor` (number), `quality`",
        );
        check(r#"{"multiplier":[1]}"#, "!parameter `multiplier` must be number, not [1]");
        check(r#"{"factor":11}"#, "!parameter `factor` must be at most 10, not 11");
        check(r#"{"quality":"best"}"#, "!parameter `quality` must be one of \"low\", \"high\", not \"best\"");
        check(r#"{"operations":["a",1]}"#, "!parameter `operations` has an entry that must be string, not 1");
        check(r#"{"rate":1.5}"#, "!parameter `rate` must be integer or null, not 1.5");
        check(r#"{"facto":1}"#, "?unknown parameter `facto`; accepted: `factor` (number)");
        check(
            r#"{"n_threads":4}"#,
            "?parameter `n_threads` has no effect here: threads are chosen by the runtime",
        );
    }
}
