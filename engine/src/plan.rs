//! What is to be done: a manifest checked against the node kinds there are.
use std::collections::HashMap;
use std::rc::Rc;

use protocol::{Code, Fault, Home, NodeKind, Problem, Severity, Value};

use crate::manifest::{Manifest, Problems, Rank, RawNode, read, step};
use crate::schema::{Finding, conform, models_of};

/// The node kinds there are, by name and alias.
#[derive(Debug, Default)]
pub struct Catalog {
    kinds: Vec<(NodeKind, Value)>,
    names: HashMap<String, usize>,
    aliases: HashMap<String, usize>,
    /// What is known beside these, and counts after them. Shared: whoever adds to it reads no schema again.
    others: Option<Rc<Catalog>>,
}

impl Catalog {
    /// A catalog of `kinds`. Of two kinds with one name the later one counts: users may replace a built-in kind.
    pub fn new(kinds: Vec<NodeKind>) -> Self {
        let with_schema = |kind: NodeKind| {
            let schema = Value::from_json(&kind.params).unwrap_or_default();
            (kind, schema)
        };
        let kinds: Vec<_> = kinds.into_iter().map(with_schema).collect();
        let names = kinds.iter().enumerate().map(|(i, (kind, _))| (kind.name.clone(), i)).collect();
        let aliases = kinds.iter().enumerate();
        let aliases = aliases.flat_map(|(i, (kind, _))| kind.aliases.iter().map(move |it| (it.clone(), i)));
        Catalog { aliases: aliases.collect(), kinds, names, others: None }
    }

    /// A catalog of `kinds` and, after them, these.
    pub fn with(self: &Rc<Self>, kinds: Vec<NodeKind>) -> Self {
        Catalog { others: Some(self.clone()), ..Catalog::new(kinds) }
    }

    /// Any kind's name counts before any alias.
    fn find(&self, node_type: &str) -> Option<&(NodeKind, Value)> {
        let by = |names: fn(&Catalog) -> &HashMap<String, usize>| {
            self.all().find_map(|it| Some(&it.kinds[*names(it).get(node_type)?]))
        };
        by(|it| &it.names).or_else(|| by(|it| &it.aliases))
    }
    /// A name that was perhaps meant.
    fn nearest(&self, node_type: &str) -> Option<&str> {
        let wanted = node_type.to_ascii_lowercase();
        let close = |name: &&String| {
            let name = name.to_ascii_lowercase();
            name == wanted || name == format!("{wanted}node") || distance(&name, &wanted) <= 2
        };
        let names = self.all().flat_map(|it| it.names.keys().chain(it.aliases.keys()));
        names.filter(close).min().map(String::as_str)
    }
    /// This catalog and those behind it.
    fn all(&self) -> impl Iterator<Item = &Catalog> {
        std::iter::successors(Some(self), |it| it.others.as_deref())
    }
}

/// Levenshtein distance, at most 3.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 || a.len() > 64 {
        return 3;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()].min(3)
}

/// One node of a plan.
#[derive(Debug, Clone)]
pub struct PlanNode {
    /// As its author named it.
    pub id: String,
    /// [`NodeKind::name`].
    pub kind: String,
    /// Where it runs.
    pub home: Home,
    /// Whether it sees parts.
    pub streaming: bool,
    /// Validated, aliases resolved, defaults filled in: a map.
    pub params: Value,
    /// Those of its parameters that name models.
    pub models: Vec<String>,
    /// Nodes it hears, in connection order; a duplicate connection counts twice.
    pub inputs: Vec<usize>,
    /// Who hears it: node, and which of its inputs; in connection order.
    pub outputs: Vec<(usize, usize)>,
    /// Longest way from a source, in nodes.
    pub level: usize,
}

/// A pipeline ready to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// In manifest order.
    pub nodes: Vec<PlanNode>,
    /// Topological order, ties in manifest order.
    pub order: Vec<usize>,
    /// Things to tell the user that stop nothing.
    pub warnings: Vec<Problem>,
}

/// The plan for `manifest` with `overrides` (`{ nodeId: params }`) merged over its parameters.
///
/// # Errors
/// Every defect at once, warnings included, the original's first defect first.
pub fn plan(
    manifest: &str,
    overrides: Option<&str>,
    catalog: &Catalog,
    max_nodes: u32,
) -> Result<Plan, Vec<Problem>> {
    let mut problems = Problems::default();
    let mut manifest = read(manifest, &mut problems);
    if let Some(count) = manifest.node_count.filter(|count| *count > max_nodes as usize) {
        let message = format!("{count} nodes, at most {max_nodes} are allowed (limits.nodes)");
        return Err(vec![Problem {
            code: Code::LimitExceeded,
            severity: Severity::Error,
            node: None,
            path: "/nodes".into(),
            message,
        }]);
    }
    merge(&mut manifest, overrides, &mut problems);
    let (plan, problems) = connect(manifest, catalog, problems);
    let problems = problems.sorted();
    if problems.iter().all(|(rank, _)| *rank == Rank::Warning) {
        let warnings = problems.into_iter().map(|(_, problem)| problem).collect();
        return Ok(Plan { warnings, ..plan });
    }
    Err(problems.into_iter().map(|(rank, problem)| prefixed(rank, problem)).collect())
}

fn prefixed(rank: Rank, problem: Problem) -> Problem {
    Problem { message: format!("{}{}", rank.prefix(), problem.message), ..problem }
}

/// The fault that `problems` (none of them empty) come to.
pub fn fault_of(problems: Vec<Problem>) -> Fault {
    let errors = || problems.iter().filter(|problem| problem.severity == Severity::Error);
    let code = if errors().all(|problem| problem.code == Code::UnknownNode) {
        Code::UnknownNode
    } else if errors().any(|problem| problem.code == Code::LimitExceeded) {
        Code::LimitExceeded
    } else {
        Code::InvalidManifest
    };
    let node = errors().next().and_then(|problem| problem.node.clone());
    let lines: Vec<_> = errors().map(|problem| problem.message.as_str()).collect();
    Fault { node, stage: Some("plan".into()), ..Fault::new(code, lines.join("\n")) }.with_problems(problems)
}

trait WithProblems {
    fn with_problems(self, problems: Vec<Problem>) -> Fault;
}
impl WithProblems for Fault {
    fn with_problems(self, problems: Vec<Problem>) -> Fault {
        Fault { problems, ..self }
    }
}

fn merge(manifest: &mut Manifest, overrides: Option<&str>, problems: &mut Problems) {
    let Some(text) = overrides else { return };
    let Ok(Value::Map(overrides)) = Value::from_json(text) else {
        return problems.add(
            Rank::Param,
            None,
            "/params".into(),
            "`params` of a run must be { nodeId: object }",
        );
    };
    for (id, params) in overrides {
        let path = format!("/params{}", step(&id));
        let (Some(node), Value::Map(params)) = (manifest.nodes.iter_mut().find(|node| node.id == id), params)
        else {
            problems.add(
                Rank::Param,
                None,
                path,
                format!("`params` of a run: no node `{id}`, or not an object"),
            );
            continue;
        };
        for (name, value) in params {
            node.params.retain(|(there, _)| *there != name);
            node.params.push((name, value));
        }
    }
}

fn connect(manifest: Manifest, catalog: &Catalog, mut problems: Problems) -> (Plan, Problems) {
    if let Some(version) = manifest.version.as_deref().filter(|version| *version != "v1") {
        problems.add(
            Rank::Version,
            None,
            "/version".into(),
            format!("Unsupported manifest version: {version}"),
        );
    }
    if manifest.node_count == Some(0) {
        problems.add(Rank::Empty, None, "/nodes".into(), "Manifest must contain at least one node");
    }
    let mut index = HashMap::new();
    for (i, node) in manifest.nodes.iter().enumerate() {
        if index.contains_key(&node.id) {
            let path = format!("/nodes/{}/id", node.at);
            problems.add(Rank::Duplicate, Some(&node.id), path, format!("Duplicate node ID: {}", node.id));
        } else {
            index.insert(node.id.clone(), i);
        }
    }
    let mut nodes: Vec<_> =
        manifest.nodes.into_iter().map(|node| plan_node(node, catalog, &mut problems)).collect();
    let mut edges = Vec::new();
    for connection in &manifest.connections {
        let mut end = |name: &str, side: &str, what: &str| {
            let found = index.get(name).copied();
            if found.is_none() {
                let path = format!("/connections/{}/{side}", connection.at);
                problems.add(
                    Rank::Edge,
                    None,
                    path,
                    format!("Connection references unknown {what} node: {name}"),
                );
            }
            found
        };
        let (from, to) = (end(&connection.from, "from", "source"), end(&connection.to, "to", "target"));
        if let (Some(from), Some(to)) = (from, to) {
            edges.push((from, to, connection.at));
            let input = nodes[to].inputs.len();
            nodes[to].inputs.push(from);
            nodes[from].outputs.push((to, input));
        }
    }
    let order = sort(&mut nodes);
    if order.len() < nodes.len() {
        tell_cycles(&nodes, &order, &edges, &mut problems);
    }
    (Plan { nodes, order, warnings: Vec::new() }, problems)
}

fn plan_node(node: RawNode, catalog: &Catalog, problems: &mut Problems) -> PlanNode {
    let RawNode { at, id, node_type, params } = node;
    let planned = |kind: String, home, streaming, params, models| PlanNode {
        id: id.clone(),
        kind,
        home,
        streaming,
        params,
        models,
        inputs: Vec::new(),
        outputs: Vec::new(),
        level: 0,
    };
    let Some((kind, schema)) = catalog.find(&node_type) else {
        let hint =
            catalog.nearest(&node_type).map_or(String::new(), |name| format!("; did you mean {name}?"));
        let path = format!("/nodes/{at}/node_type");
        problems.add(Rank::Type, Some(&id), path, format!("Unknown node type: {node_type}{hint}"));
        return planned(node_type, Home::Runtime, false, Value::Null, Vec::new());
    };
    let mut findings = Vec::new();
    let params = conform(schema, params, &mut findings);
    for Finding { name, fatal, message } in findings {
        let rank = if fatal { Rank::Param } else { Rank::Warning };
        problems.add(
            rank,
            Some(&id),
            format!("/nodes/{at}/params{}", step(&name)),
            format!("{node_type}: {message}"),
        );
    }
    let models = models_of(schema, &params);
    planned(kind.name.clone(), kind.home, kind.streaming, params, models)
}

/// Kahn's algorithm, ties in manifest order; nodes of cycles are left out. Sets levels.
fn sort(nodes: &mut [PlanNode]) -> Vec<usize> {
    let mut waiting: Vec<usize> = nodes.iter().map(|node| node.inputs.len()).collect();
    let mut ready = std::collections::BTreeSet::new();
    // One after the other, here and where others are filled: whole ones are sorted first, by kilobytes of code.
    ready.extend((0..nodes.len()).filter(|&i| waiting[i] == 0));
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(node) = ready.pop_first() {
        order.push(node);
        for (next, _) in nodes[node].outputs.clone() {
            nodes[next].level = nodes[next].level.max(nodes[node].level + 1);
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.insert(next);
            }
        }
    }
    order
}

/// One problem per connection that leads back: the graph without them has no cycle.
fn tell_cycles(
    nodes: &[PlanNode],
    order: &[usize],
    edges: &[(usize, usize, usize)],
    problems: &mut Problems,
) {
    let mut sorted = vec![false; nodes.len()];
    order.iter().for_each(|&node| sorted[node] = true);
    // 0 unseen, 1 on the current way, 2 done; iterative, since a way may be as long as the manifest.
    let mut state = vec![0u8; nodes.len()];
    for start in (0..nodes.len()).filter(|&node| !sorted[node]) {
        let mut way = if state[start] == 0 { vec![(start, 0)] } else { Vec::new() };
        while let Some((node, next)) = way.last_mut() {
            let here = *node;
            state[here] = 1;
            let Some(&(to, _)) = nodes[here].outputs.get(*next) else {
                state[here] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            if state[to] == 1 {
                let at = edges.iter().find(|edge| (edge.0, edge.1) == (here, to)).map_or(0, |edge| edge.2);
                let path = format!("/connections/{at}");
                problems.add(
                    Rank::Cycle,
                    Some(&nodes[to].id),
                    path,
                    "Pipeline contains a cycle - cannot execute",
                );
            } else if state[to] == 0 {
                way.push((to, 0));
            }
        }
    }
}
