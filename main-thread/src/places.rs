//! Places at workers. A run gets one at every kind of worker it needs, all at once or none: one that held a worker and
//! waited for another could wait for a run that waits for it.
use protocol::{HostKind, RunId};

use crate::Coordinator;
use crate::host::is_leased;
use crate::pool::Wanted;

/// What there is a limited number of: compute workers, Python workers, runs that have plugins.
const KINDS: usize = 3;

fn place_of(kind: HostKind) -> usize {
    match kind {
        HostKind::Compute => 0,
        HostKind::Python => 1,
        HostKind::Plugin(_) => 2,
    }
}

/// The runs that have asked for workers and have not given all of them back, in order of asking.
#[derive(Default)]
pub(crate) struct Places(Vec<Asked>);

struct Asked {
    run: RunId,
    /// What it waits for, or has not given back.
    wanted: Vec<Wanted>,
    /// Whether it has its places.
    has: bool,
}

impl Asked {
    fn needs(&self) -> [bool; KINDS] {
        let mut needs = [false; KINDS];
        self.wanted.iter().for_each(|it| needs[place_of(it.kind)] = true);
        needs
    }
}

impl Places {
    pub(crate) fn ask(&mut self, run: RunId, wanted: Vec<Wanted>) {
        self.0.push(Asked { run, wanted, has: false });
    }

    /// What `run` had or wanted of this kind is free again.
    pub(crate) fn give_back(&mut self, run: RunId, kind: HostKind) {
        for asked in self.0.iter_mut().filter(|it| it.run == run) {
            asked.wanted.retain(|it| it.kind != kind);
        }
        self.0.retain(|it| !it.wanted.is_empty());
    }

    /// `run` wants nothing any more that it has not got.
    pub(crate) fn stop(&mut self, run: RunId) {
        self.0.retain(|it| it.has || it.run != run);
    }

    pub(crate) fn forget(&mut self, run: RunId) {
        self.0.retain(|it| it.run != run);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Gives places to the runs that can have them, of which there are `most`; says what those want.
    ///
    /// First come, first served: whoever has nothing but later ones in its way keeps what it needs from all of them.
    /// Until then it keeps nothing from anybody: a worker that idles serves it no better than one that works.
    fn give(&mut self, most: [usize; KINDS], is_able: impl Fn(RunId) -> bool) -> Vec<Wanted> {
        let mut given = Vec::new();
        let mut taken = [0; KINDS];
        self.0.iter().filter(|it| it.has).for_each(|it| add(&mut taken, it.needs()));
        let mut ahead = [0; KINDS];
        for asked in &mut self.0 {
            let needs = asked.needs();
            let has_room = |used: [usize; KINDS]| (0..KINDS).all(|i| !needs[i] || used[i] < most[i]);
            if !(asked.has || is_able(asked.run) && has_room(ahead)) {
                continue;
            }
            add(&mut ahead, needs);
            if !asked.has && has_room(taken) {
                asked.has = true;
                add(&mut taken, needs);
                given.extend(&asked.wanted);
            }
        }
        given
    }

    /// What runs want that have no places.
    pub(crate) fn without(&self) -> impl Iterator<Item = &Wanted> {
        self.0.iter().filter(|it| !it.has).flat_map(|it| &it.wanted)
    }
}

fn add(counts: &mut [usize; KINDS], needs: [bool; KINDS]) {
    counts.iter_mut().zip(needs).for_each(|(count, need)| *count += usize::from(need));
}

impl Coordinator {
    /// A run asks for its workers.
    pub(crate) fn ask_for(&mut self, run: RunId, kinds: Vec<HostKind>) {
        let Some(package) = self.runs.get(&run).map(|live| live.package) else { return };
        let wanted = |kind| Wanted { run, kind, package: self.packages.serving(package, kind) };
        let wanted = kinds.into_iter().map(wanted).collect();
        self.pool.places.ask(run, wanted);
    }

    /// Lets runs wait for workers that have places at them.
    pub(crate) fn give_places(&mut self) {
        let most = [
            self.options.compute_workers.max(1) as usize,
            self.python_max(),
            self.options.plugin_runs.max(1) as usize,
        ];
        // A worker is not held while its run's models load: others may need it.
        let is_able = |run| self.runs.get(&run).is_some_and(|live| live.models.is_empty());
        let given = self.pool.places.give(most, is_able);
        self.pool.waiting.extend(given);
    }

    /// What the first run wants that will want a Python worker once its models are there, and could have one now.
    pub(crate) fn python_to_come(&self) -> Option<Wanted> {
        let is_python = |it: &&Wanted| it.kind == HostKind::Python;
        let waiting = self.pool.waiting.iter().filter(is_python).count();
        let has_room = self.pool.count(HostKind::Python, is_leased) + waiting < self.python_max();
        let loads = |run: &RunId| self.runs.get(run).is_some_and(|live| !live.models.is_empty());
        let mut wanted = self.pool.places.without().filter(is_python);
        wanted.find(|it| has_room && loads(&it.run)).copied()
    }
}
