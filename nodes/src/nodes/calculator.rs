//! `CalculatorNode`: one operation with a fixed operand.
use protocol::{Value, WorkItem, parse_float};

use crate::kind::Kind;
use crate::node::{Node, NodeError, Outbox, Turn};
use crate::params::{Param, Type, number, text};

pub(crate) const KIND: Kind = Kind {
    params: &[
        Param::new(
            "operation",
            Type::Text,
            "`add`, `subtract`, `multiply` or `divide`; anything else leaves numbers as they are.",
        )
        .or("\"add\""),
        Param::new("operand", Type::Number, "The second number of the operation.").or("0"),
    ],
    ..Kind::light(
        "CalculatorNode",
        "Computes with a number, or with text read as one (0 if it is none); anything else passes unchanged.",
        |params| Ok(Box::new(Calculator::new(params))),
    )
};

struct Calculator {
    operation: Operation,
    operand: f64,
}

enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// As in the original, whose manifests may hold any text.
    Identity,
}

impl Calculator {
    fn new(params: &Value) -> Self {
        let operation = match text(params, "operation") {
            Some("add") | None => Operation::Add,
            Some("subtract") => Operation::Subtract,
            Some("multiply") => Operation::Multiply,
            Some("divide") => Operation::Divide,
            Some(_) => Operation::Identity,
        };
        Calculator { operation, operand: number(params, "operand", 0.0) }
    }

    fn compute(&self, x: f64) -> Result<f64, NodeError> {
        Ok(match self.operation {
            Operation::Add => x + self.operand,
            Operation::Subtract => x - self.operand,
            Operation::Multiply => x * self.operand,
            Operation::Divide if self.operand == 0.0 => return Err("Division by zero".into()),
            Operation::Divide => x / self.operand,
            Operation::Identity => x,
        })
    }
}

impl Node for Calculator {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        let number = match input.value.as_text() {
            Some(text) => Some(parse_float(text).unwrap_or(0.0)),
            None => input.value.as_f64(),
        };
        out.emit(match number {
            Some(x) => Value::computed(self.compute(x)?),
            None => input.value,
        });
        Ok(Turn::Done)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, check_error};

    #[test]
    fn every_operation_computes() {
        check("CalculatorNode", r#"{"operation":"add","operand":2}"#, "[1,2.5]", "[3,4.5]");
        check("CalculatorNode", r#"{"operation":"subtract","operand":2}"#, "[1]", "[-1]");
        check("CalculatorNode", r#"{"operation":"multiply","operand":2}"#, "[1.5]", "[3]");
        check("CalculatorNode", r#"{"operation":"divide","operand":2}"#, "[1,4]", "[0.5,2]");
        check("CalculatorNode", r#"{"operation":"power","operand":2}"#, "[3]", "[3]");
    }

    #[test]
    fn the_default_adds_zero() {
        check("CalculatorNode", "{}", "[3]", "[3]");
    }

    #[test]
    fn text_is_read_as_a_number_and_is_zero_if_it_is_none() {
        check("CalculatorNode", r#"{"operand":1}"#, r#"["41","1.5","x","","NaN"]"#, "[42,2.5,1,1,null]");
    }

    #[test]
    fn anything_else_passes_unchanged() {
        let items = r#"[[1,2],null,true,{"a":1}]"#;
        check("CalculatorNode", r#"{"operand":1}"#, items, items);
    }

    #[test]
    fn dividing_by_zero_fails_when_a_number_comes() {
        check_error("CalculatorNode", r#"{"operation":"divide","operand":0}"#, "[1]", "Division by zero");
        check_error(
            "CalculatorNode",
            r#"{"operation":"divide","operand":0}"#,
            r#"["x"]"#,
            "Division by zero",
        );
        check("CalculatorNode", r#"{"operation":"divide","operand":0}"#, "[null,[1]]", "[null,[1]]");
    }
}
