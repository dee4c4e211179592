//! `PassThrough`: gives what it gets.
use protocol::WorkItem;

use crate::kind::Kind;
use crate::node::{Node, NodeError, Outbox, Turn};

pub(crate) const KIND: Kind = Kind {
    aliases: &["PassThroughNode"],
    streaming: true,
    ..Kind::light("PassThrough", "Passes every item on unchanged.", |_| Ok(Box::new(PassThrough)))
};

struct PassThrough;

impl Node for PassThrough {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        out.emit_part(input.value, input.part.last);
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, run_parts};
    use protocol::{Part, Value};

    #[test]
    fn every_item_passes_unchanged() {
        let items = r#"[1,"a",null,[],{"a":[1.5]},false,0,""]"#;
        check("PassThrough", "{}", items, items);
    }

    #[test]
    fn parts_of_an_item_pass_as_parts() {
        let outputs =
            run_parts("PassThrough", "{}", vec![vec![Value::Int(1), Value::Int(2)], vec![Value::Int(3)]]);
        let parts: Vec<Part> = outputs.iter().map(|output| output.part).collect();
        assert_eq!(parts, [Part { index: 0, last: false }, Part { index: 1, last: true }, Part::WHOLE]);
    }
}
