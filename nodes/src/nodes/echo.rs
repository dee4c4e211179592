//! `Echo`: what it got, and how many so far.
use protocol::{Value, WorkItem};

use crate::kind::Kind;
use crate::node::{Node, NodeError, Outbox, Turn};

pub(crate) const KIND: Kind = Kind {
    outputs: &["json"],
    ..Kind::light("Echo", "Wraps every item in a map that also counts them, from 1 in each run.", |_| {
        Ok(Box::new(Echo { counter: 0 }))
    })
};

struct Echo {
    counter: i64,
}

impl Node for Echo {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        self.counter += 1;
        let node = Value::Text("Echo".into());
        out.emit(Value::map([("counter", Value::Int(self.counter)), ("input", input.value), ("node", node)]));
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn items_are_counted_from_one() {
        check(
            "Echo",
            "{}",
            r#"["a",[1]]"#,
            r#"[{"counter":1,"input":"a","node":"Echo"},{"counter":2,"input":[1],"node":"Echo"}]"#,
        );
    }
}
