//! `TextCollector`: all texts as one, at the end.
use protocol::{Value, WorkItem};

use crate::kind::Kind;
use crate::node::{Node, NodeError, Outbox, Turn};
use crate::params::{Param, Type, text};

pub(crate) const KIND: Kind = Kind {
    aliases: &["TextCollectorNode"],
    params: &[Param::new("separator", Type::Text, "What is put between two texts.").or("\" \"")],
    inputs: &["text", "json"],
    outputs: &["text"],
    ..Kind::light(
        "TextCollector",
        "Joins the text of all items, and gives it when the last has come. A map gives its `text`, a list the text \
         of its items, null nothing; any other value is written as JSON.",
        |params| {
            let separator = text(params, "separator").unwrap_or(" ").into();
            Ok(Box::new(TextCollector { separator, collected: String::new(), empty: true }))
        },
    )
};

struct TextCollector {
    separator: String,
    collected: String,
    /// Whether nothing has come yet, not even empty text.
    empty: bool,
}

impl TextCollector {
    fn collect(&mut self, value: &Value) -> Result<(), NodeError> {
        match value {
            Value::Null => {}
            Value::Text(text) => self.append(text),
            Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) => {
                self.append(&value.to_json())
            }
            Value::List(items) => items.iter().try_for_each(|item| self.collect(item))?,
            Value::Numbers(_) => value.items().iter().flatten().try_for_each(|item| self.collect(item))?,
            Value::Map(_) => match value.get("text") {
                Some(text) => self.collect(text)?,
                None => self.append(&value.to_json()),
            },
            Value::Audio(_) | Value::Tensor(_) | Value::Bytes(_) => {
                return Err(format!("expected text, found {}", value.type_name()).into());
            }
        }
        Ok(())
    }

    fn append(&mut self, text: &str) {
        if !self.empty {
            self.collected.push_str(&self.separator);
        }
        self.collected.push_str(text);
        self.empty = false;
    }
}

impl Node for TextCollector {
    fn process(&mut self, input: WorkItem, _out: &mut Outbox) -> Result<Turn, NodeError> {
        self.collect(&input.value)?;
        Ok(Turn::Done)
    }

    fn flush(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        out.emit(Value::Text(std::mem::take(&mut self.collected)));
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_error_of};
    use protocol::{Buffer, Bytes, Value};

    #[test]
    fn texts_are_joined_at_the_end() {
        check("TextCollector", "{}", r#"["a","b","","c"]"#, r#"["a b  c"]"#);
        check("TextCollector", r#"{"separator":"\n"}"#, r#"["a","b"]"#, r#"["a\nb"]"#);
        check("TextCollector", "{}", "[]", r#"[""]"#);
    }

    #[test]
    fn what_is_no_text_is_written_as_json_and_maps_give_their_text() {
        check(
            "TextCollector",
            "{}",
            r#"[1,2.5,true,null,["x",3],{"text":"y","z":1},{"a":1}]"#,
            r#"["1 2.5 true x 3 y {\"a\":1}"]"#,
        );
    }

    #[test]
    fn bulk_data_is_refused() {
        let bytes = Value::Bytes(Bytes { mime: None, name: None, data: Buffer::from_bytes(vec![1]) });
        check_error_of("TextCollector", "{}", bytes, "expected text, found bytes");
    }
}
