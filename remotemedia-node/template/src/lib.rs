//! The node `{{class}}`.
use remotemedia_node::{Context, Error, Kind, Node, Params, Value, export};

struct {{class}} {
    mark: String,
}

impl Node for {{class}} {
    const KIND: Kind = Kind {
        name: "{{class}}",
        description: "Says its texts louder.",
        params: r#"{ "properties": { "mark": { "type": "string", "default": "!" } } }"#,
        inputs: &["text"],
        outputs: &["text"],
        ..Kind::ANY
    };
    fn open(params: &Params) -> Result<Self, Error> {
        Ok({{class}} { mark: params.text("mark")?.into() })
    }
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error> {
        cx.emit(input.text()?.to_uppercase() + &self.mark);
        Ok(())
    }
}

export!({{class}});

#[cfg(test)]
mod tests {
    use super::*;
    use remotemedia_node::testing::run;

    #[test]
    fn texts_are_said_louder() {
        let params = Value::map([("mark", "?")]);
        let outputs = run::<{{class}}>(params, vec!["hello".into(), "you".into()]);
        assert_eq!(outputs.unwrap(), [Value::from("HELLO?"), Value::from("YOU?")]);
    }
}
