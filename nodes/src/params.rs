//! Parameters of node kinds: a constant table, the JSON Schema it means, and getters for [`crate::kind::Kind::open`].
use std::fmt::Write as _;

use protocol::Value;

/// One parameter.
pub(crate) struct Param {
    pub(crate) name: &'static str,
    /// Other names of it, in manifests written for the original.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) description: &'static str,
    pub(crate) of: Type,
    /// As JSON text; without one it may be absent.
    pub(crate) default: Option<&'static str>,
}

/// What a parameter may be.
pub(crate) enum Type {
    /// Any finite number.
    Number,
    /// A number within bounds, both included.
    Within(f64, f64),
    /// One such number, or a list of them.
    WithinEach(f64, f64),
    /// An integer within bounds, both included.
    Integer(u64, u64),
    /// An integer within bounds, or the text `auto`.
    IntegerOrAuto(u64, u64),
    Text,
    /// The name or URL of a model; the node gets its files instead: see [`protocol::ModelFiles::from_value`].
    Model,
    Flag,
    /// One of these texts, in any case.
    Choice(&'static [&'static str]),
    /// Accepted and without effect, for this reason.
    Ignored(&'static str),
}

impl Param {
    /// A parameter that must be there, or have a default to be given with [`Param::or`].
    pub(crate) const fn new(name: &'static str, of: Type, description: &'static str) -> Self {
        Param { name, aliases: &[], description, of, default: None }
    }
    pub(crate) const fn or(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }
    pub(crate) const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
    /// A parameter of the original that means nothing here.
    pub(crate) const fn ignored(
        name: &'static str,
        aliases: &'static [&'static str],
        reason: &'static str,
    ) -> Self {
        Param { name, aliases, description: "Has no effect.", of: Type::Ignored(reason), default: None }
    }
}

/// The JSON Schema, as text, of an object with these properties.
pub(crate) fn schema(params: &[Param]) -> String {
    let properties: Vec<String> = params.iter().map(property).collect();
    format!(r#"{{"type":"object","properties":{{{}}},"additionalProperties":true}}"#, properties.join(","))
}

fn property(param: &Param) -> String {
    let mut text = format!("{}:{{", quoted(param.name));
    text.push_str(&type_words(&param.of));
    // Writing to a String cannot fail.
    _ = write!(text, r#""description":{}"#, quoted(param.description));
    if let Some(default) = param.default {
        _ = write!(text, r#","default":{default}"#);
    }
    if !param.aliases.is_empty() {
        _ = write!(text, r#","x-aliases":{}"#, list(param.aliases));
    }
    text.push('}');
    text
}

/// The words of a property that say its type, with a comma after.
fn type_words(of: &Type) -> String {
    match of {
        Type::Number => r#""type":"number","#.into(),
        Type::Within(min, max) => format!(r#""type":"number","minimum":{min},"maximum":{max},"#),
        Type::WithinEach(min, max) => format!(
            r#""type":["number","array"],"minimum":{min},"maximum":{max},"items":{{"type":"number","minimum":{min},"maximum":{max}}},"#
        ),
        Type::Integer(min, max) => format!(r#""type":"integer","minimum":{min},"maximum":{max},"#),
        Type::IntegerOrAuto(min, max) => {
            format!(r#""type":["integer","string"],"minimum":{min},"maximum":{max},"pattern":"^auto$","#)
        }
        Type::Text => r#""type":"string","#.into(),
        Type::Model => r#""type":"string","format":"model","#.into(),
        Type::Flag => r#""type":"boolean","#.into(),
        Type::Choice(texts) => format!(r#""type":"string","enum":{},"x-lowercase":true,"#, list(texts)),
        Type::Ignored(reason) => format!(r#""x-ignored":{},"#, quoted(reason)),
    }
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(","))
}

fn quoted(text: &str) -> String {
    Value::Text(text.into()).to_json()
}

/// The number called `name`; `otherwise` if it is absent or none.
pub(crate) fn number(params: &Value, name: &str, otherwise: f64) -> f64 {
    params.get(name).and_then(Value::as_f64).unwrap_or(otherwise)
}

/// The number called `name`, or those of a list called so; none if it is absent or anything else.
#[cfg(any(test, feature = "media"))]
pub(crate) fn numbers(params: &Value, name: &str) -> Option<Vec<f64>> {
    let value = params.get(name)?;
    let one = || Some(vec![value.as_f64()?]);
    value.items().map_or_else(one, |items| items.iter().map(Value::as_f64).collect())
}

/// The non-negative integer called `name`, if there is one.
pub(crate) fn integer(params: &Value, name: &str) -> Option<u64> {
    let number = params.get(name)?.as_f64()?;
    (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
}

/// The text called `name`, if there is one.
pub(crate) fn text<'a>(params: &'a Value, name: &str) -> Option<&'a str> {
    params.get(name)?.as_text()
}

/// The truth value called `name`, if there is one.
pub(crate) fn flag(params: &Value, name: &str) -> Option<bool> {
    if let Some(Value::Bool(flag)) = params.get(name) { Some(*flag) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(param: Param, expected: &str) {
        assert_eq!(property(&param), expected);
    }

    #[test]
    fn a_parameter_becomes_a_json_schema_property() {
        check(
            Param::new("factor", Type::Number, "By \"how much\"").or("2.0").also(&["multiplier"]),
            r#""factor":{"type":"number","description":"By \"how much\"","default":2.0,"x-aliases":["multiplier"]}"#,
        );
        check(
            Param::new("channels", Type::Integer(1, 64), "How many"),
            r#""channels":{"type":"integer","minimum":1,"maximum":64,"description":"How many"}"#,
        );
        check(
            Param::new("quality", Type::Choice(&["low", "high"]), "How well").or("\"low\""),
            r#""quality":{"type":"string","enum":["low","high"],"x-lowercase":true,"description":"How well","default":"low"}"#,
        );
        check(
            Param::new("t", Type::WithinEach(0.0, 1.0), "How hot").or("[0,1]"),
            r#""t":{"type":["number","array"],"minimum":0,"maximum":1,"items":{"type":"number","minimum":0,"maximum":1},"description":"How hot","default":[0,1]}"#,
        );
        check(
            Param::new("model", Type::Model, "Which").or("\"demo\""),
            r#""model":{"type":"string","format":"model","description":"Which","default":"demo"}"#,
        );
        check(
            Param::ignored("source_rate", &["sourceRate"], "the audio tells"),
            r#""source_rate":{"x-ignored":"the audio tells","description":"Has no effect.","x-aliases":["sourceRate"]}"#,
        );
    }

    #[test]
    fn getters_give_what_has_the_right_type_only() {
        let params =
            Value::from_json(r#"{"a":2,"b":"x","c":true,"d":-1,"e":1.5,"f":[1,0.5],"g":["x"]}"#).unwrap();
        assert_eq!(number(&params, "a", 7.0), 2.0);
        assert_eq!(number(&params, "b", 7.0), 7.0);
        assert_eq!(integer(&params, "a"), Some(2));
        assert_eq!((numbers(&params, "e"), numbers(&params, "b")), (Some(vec![1.5]), None));
        assert_eq!((numbers(&params, "f"), numbers(&params, "g")), (Some(vec![1.0, 0.5]), None));
        assert_eq!((integer(&params, "d"), integer(&params, "e")), (None, None));
        assert_eq!(text(&params, "b"), Some("x"));
        assert_eq!((flag(&params, "c"), flag(&params, "a")), (Some(true), None));
    }
}
