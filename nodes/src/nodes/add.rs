//! `AddNode`: numbers plus an addend.
use protocol::WorkItem;

use crate::kind::Kind;
use crate::math::map_numbers;
use crate::node::{Node, NodeError, Outbox, Turn};
use crate::params::{Param, Type, number};

pub(crate) const KIND: Kind = Kind {
    params: &[Param::new("addend", Type::Number, "What is added to numbers.").or("0.0")],
    ..Kind::light(
        "AddNode",
        "Adds to a number, or to each top-level number of a list; anything else passes unchanged.",
        |params| Ok(Box::new(Add { addend: number(params, "addend", 0.0) })),
    )
};

struct Add {
    addend: f64,
}

impl Node for Add {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let addend = self.addend;
        out.emit(map_numbers(input.value, |x| x + addend));
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn numbers_and_top_level_numbers_of_lists_are_added_to() {
        check("AddNode", r#"{"addend":10}"#, "[10,14,6]", "[20,24,16]");
        check("AddNode", r#"{"addend":0.5}"#, r#"[[1,"2",[3]],-0.5]"#, r#"[[1.5,"2",[3]],0]"#);
    }

    #[test]
    fn the_default_adds_nothing() {
        check("AddNode", "{}", r#"[1,"a",null]"#, r#"[1,"a",null]"#);
    }
}
