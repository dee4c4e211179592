//! `MultiplyNode`: numbers times a factor.
use protocol::WorkItem;

use crate::kind::Kind;
use crate::math::map_numbers;
use crate::node::{Node, NodeError, Outbox, Turn};
use crate::params::{Param, Type, number};

pub(crate) const KIND: Kind = Kind {
    params: &[Param::new("factor", Type::Number, "What numbers are multiplied by.")
        .or("2.0")
        .also(&["multiplier"])],
    ..Kind::light(
        "MultiplyNode",
        "Multiplies a number, or each top-level number of a list; anything else passes unchanged.",
        |params| Ok(Box::new(Multiply { factor: number(params, "factor", 2.0) })),
    )
};

struct Multiply {
    factor: f64,
}

impl Node for Multiply {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let factor = self.factor;
        out.emit(map_numbers(input.value, |x| x * factor));
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::check;

    #[test]
    fn numbers_and_top_level_numbers_of_lists_are_multiplied() {
        check("MultiplyNode", r#"{"factor":3}"#, "[5,7,-0.5]", "[15,21,-1.5]");
        check(
            "MultiplyNode",
            r#"{"factor":2}"#,
            r#"[[1,[2],"3",true,null,0.5]]"#,
            r#"[[2,[2],"3",true,null,1]]"#,
        );
    }

    #[test]
    fn anything_else_passes_unchanged() {
        check("MultiplyNode", r#"{"factor":3}"#, r#"["5",true,null,{"a":1}]"#, r#"["5",true,null,{"a":1}]"#);
    }

    #[test]
    fn the_default_factor_is_two() {
        check("MultiplyNode", "{}", "[5]", "[10]");
    }

    #[test]
    fn results_follow_the_number_rules_of_f64() {
        check("MultiplyNode", r#"{"factor":1}"#, "[9007199254740993]", "[9007199254740992]");
        check("MultiplyNode", r#"{"factor":-1}"#, "[0]", "[0]");
        check("MultiplyNode", r#"{"factor":1e300}"#, "[1e300]", "[null]");
        check("MultiplyNode", r#"{"factor":0.5}"#, "[22]", "[11]");
        check("MultiplyNode", r#"{"factor":1}"#, "[9223372036854775807]", "[9.223372036854775808e18]");
    }
}
