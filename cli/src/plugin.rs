//! Plugin nodes in this process: wasm modules of packages, interpreted, with nothing but the imports of node ABI v1.
use std::rc::Rc;

use node_abi::host::{Bounds, Guest, Guests, node_kinds};
use node_abi::module::{self, ALLOC, CALL, IMPORTS, MEMORY, SAY};
use protocol::{Code, Fault, FromHost, Home, Language, NodeKind, ToHost};
use wasmi::{
    Caller, CompilationMode, Config, Engine, Extern, Linker, Memory, Module, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, TypedFunc, TypedResumableCall, WasmParams, WasmResults,
};

use crate::executor::now_us;
use crate::host::{Host, Maker, Stop};

/// Microseconds that plugin nodes work before anybody else has a turn.
const STEP_US: f64 = 8_000.0;
/// Calls may be nested this deep.
const DEPTH: usize = 10_000;
/// Bytes of the stack that they take.
const STACK: usize = 16 << 20;
/// A call that begins when the run is to end already, to close say, has so many slices.
const GRACE: u32 = 10;

/// What a plugin is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PluginLimits {
    /// Bytes of memory that it may declare as its maximum.
    pub memory: u64,
    /// Instructions, about, of one call: a turn is meant to take a millisecond or a few, and this many take some ten
    /// seconds.
    pub fuel: u64,
    /// After so many of them is looked whether the run is to end: some ten milliseconds.
    pub slice: u64,
}

impl Default for PluginLimits {
    fn default() -> Self {
        PluginLimits { memory: module::MAX_MEMORY, fuel: 5_000_000_000, slice: 5_000_000 }
    }
}

/// A plugin's module, looked at and compiled. Each host made of it has an instance of its own.
#[derive(Clone)]
pub struct Plugin(Rc<Compiled>);

struct Compiled {
    name: String,
    module: Module,
    linker: Linker<Inside>,
    limits: PluginLimits,
}

impl Plugin {
    /// The plugin that `wasm` is; `name` is that of its file.
    ///
    /// # Errors
    /// [`Code::LoadFailed`] with what is wrong with the module.
    pub fn load(name: &str, wasm: &[u8], limits: PluginLimits) -> Result<Self, Fault> {
        let refused =
            |why: String| Fault::new(Code::LoadFailed, format!("the plugin {name} {why}")).during("load");
        module::check(wasm, limits.memory).map_err(refused)?;
        let mut config = Config::default();
        config.consume_fuel(true).set_max_recursion_depth(DEPTH).set_max_stack_height(STACK);
        // Translating a function when it is first called is paid for, too, and not gone on with when the fuel is out.
        config.compilation_mode(CompilationMode::Eager);
        let engine = Engine::new(&config);
        let module =
            Module::new(&engine, wasm).map_err(|error| refused(format!("cannot be compiled: {error}")))?;
        let mut linker = Linker::new(&engine);
        linker
            .func_wrap(IMPORTS, SAY, |mut caller: Caller<Inside>, ptr: u32, len: u32| {
                say(&mut caller, ptr, len)
            })
            .map_err(|error| refused(error.to_string()))?;
        Ok(Plugin(Rc::new(Compiled { name: name.into(), module, linker, limits })))
    }

    /// The kinds of nodes it has, as those of the run's plugin number `index`.
    ///
    /// # Errors
    /// It cannot be started, or what it tells of itself is wrong.
    pub fn kinds(&self, index: u32) -> Result<Vec<NodeKind>, Fault> {
        let mut guests = self.start()?;
        let named = |fault: Fault| Fault {
            message: format!("the plugin {} {}", self.0.name, fault.message),
            ..fault
        };
        let greeting = guests.greet().map_err(named)?;
        node_kinds(&greeting.kinds, Language::Rust, Home::Plugin(index)).map_err(named)
    }

    /// A host of its nodes.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn host(&self) -> Result<PluginHost, Fault> {
        self.start().map(PluginHost)
    }

    /// Makes hosts of its nodes: for [`crate::Executor::host_with`].
    pub fn maker(&self) -> Maker {
        let plugin = self.clone();
        Box::new(move |_| Ok(Box::new(plugin.host()?)))
    }

    fn start(&self) -> Result<Guests<Instance>, Fault> {
        Ok(Guests::new(Instance::new(&self.0)?, now_us, Bounds::PLUGIN))
    }
}

/// Runs the nodes of a plugin.
pub struct PluginHost(Guests<Instance>);

impl Host for PluginHost {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        self.0.handle(message)
    }
    fn step(&mut self) -> Vec<FromHost> {
        let mut said = self.0.step(STEP_US);
        if self.0.guest().stopped {
            said.retain(|it| !matches!(it, FromHost::Failed { .. }));
        }
        said
    }
    fn has_work(&self) -> bool {
        self.0.has_work()
    }
    fn watch(&mut self, stop: Stop) {
        self.0.guest().stop = stop;
    }
}

/// A running module.
struct Instance {
    store: Store<Inside>,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    call: TypedFunc<(u32, u32), u64>,
    limits: PluginLimits,
    /// Instructions that are left of the call under way.
    left: u64,
    stop: Stop,
    /// Whether a call was broken off because the run is to end.
    stopped: bool,
}

/// What an instance has beside its memory.
struct Inside {
    said: Vec<Vec<u8>>,
    /// Bytes of `said`.
    bytes: usize,
    limits: StoreLimits,
}

impl Instance {
    fn new(compiled: &Compiled) -> Result<Self, Fault> {
        let Compiled { name, module, linker, limits } = compiled;
        let most = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        let most = StoreLimitsBuilder::new().memory_size(most).table_elements(module::MAX_TABLE as usize);
        let inside = Inside { said: Vec::new(), bytes: 0, limits: most.build() };
        let mut store = Store::new(module.engine(), inside);
        store.limiter(|inside| &mut inside.limits);
        let failed = |error: &dyn std::fmt::Display| {
            Fault::new(Code::StartFailed, format!("the plugin {name} does not start: {error}"))
                .during("start")
        };
        // Filling its memory is paid for as well.
        store.set_fuel(limits.fuel).map_err(|error| failed(&error))?;
        let instance = linker.instantiate_and_start(&mut store, module).map_err(|error| failed(&error))?;
        let memory = instance.get_memory(&store, MEMORY).ok_or_else(|| failed(&"it has no memory"))?;
        let alloc = instance.get_typed_func(&store, ALLOC).map_err(|error| failed(&error))?;
        let call = instance.get_typed_func(&store, CALL).map_err(|error| failed(&error))?;
        let stop = Stop::default();
        Ok(Instance { store, memory, alloc, call, limits: *limits, left: 0, stop, stopped: false })
    }

    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, wasmi::Error> {
        self.left = self.limits.fuel;
        let len = u32::try_from(request.len()).map_err(|_| wasmi::Error::new("too much at once"))?;
        let ptr = self.in_slices(self.alloc, len)?;
        let outside = |_| wasmi::Error::new("gave an address outside of its memory");
        self.memory.write(&mut self.store, ptr as usize, request).map_err(outside)?;
        let packed = self.in_slices(self.call, (ptr, len))?;
        let (at, len) = ((packed >> 32) as usize, (packed & 0xffff_ffff) as usize);
        let answer = self.memory.data(&self.store).get(at..at + len);
        answer.map(<[u8]>::to_vec).ok_or_else(|| wasmi::Error::new("answered from outside of its memory"))
    }

    /// Calls `func` slice by slice, as long as the run goes on.
    fn in_slices<P: WasmParams, R: WasmResults>(
        &mut self,
        func: TypedFunc<P, R>,
        params: P,
    ) -> Result<R, wasmi::Error> {
        let mut grace = if self.stop.is_asked() { GRACE } else { 0 };
        let mut given = self.give(0)?;
        let mut state = func.call_resumable(&mut self.store, params)?;
        loop {
            let spent = given.saturating_sub(self.store.get_fuel()?);
            self.left = self.left.saturating_sub(spent);
            let paused = match state {
                TypedResumableCall::Finished(result) => return Ok(result),
                // `say` fails with words only.
                TypedResumableCall::HostTrap(trap) => {
                    return Err(wasmi::Error::new(trap.host_error().to_string()));
                }
                TypedResumableCall::OutOfFuel(paused) => paused,
            };
            if self.stop.is_asked() && grace == 0 {
                self.stopped = true;
                return Err(TrapCode::OutOfFuel.into());
            }
            grace = grace.saturating_sub(1);
            // One instruction, that fills memory say, may take more than a slice has.
            if paused.required_fuel() > self.left {
                return Err(TrapCode::OutOfFuel.into());
            }
            given = self.give(paused.required_fuel())?;
            state = paused.resume(&mut self.store)?;
        }
    }

    /// Fuel for a slice, or for `least` instructions if those are more; says how much.
    fn give(&mut self, least: u64) -> Result<u64, wasmi::Error> {
        let given = self.limits.slice.max(least).min(self.left);
        self.store.set_fuel(given)?;
        Ok(given)
    }

    /// Whether it could not get a mebibyte more. A trap says nothing of its cause; this says enough.
    fn is_full(&self) -> bool {
        let most = self.memory.ty(&self.store).maximum().unwrap_or(0) << 16;
        self.memory.data_size(&self.store) as u64 + (1 << 20) > most
    }

    /// Why a call did not come back.
    fn fault(&self, error: &wasmi::Error) -> Fault {
        let fuel = self.limits.fuel;
        match error.as_trap_code() {
            Some(TrapCode::OutOfFuel) => {
                let why =
                    format!("took more than {fuel} instructions for one turn: is there an endless loop?");
                Fault::new(Code::TimedOut, why)
            }
            Some(TrapCode::UnreachableCodeReached) if self.is_full() => {
                let size = self.memory.data_size(&self.store);
                Fault::new(Code::OutOfMemory, format!("ran out of memory, at {size} bytes"))
            }
            Some(trap) => Fault::new(Code::NodeFailed, format!("trapped: {trap}")),
            None => Fault::new(Code::NodeFailed, error.to_string()),
        }
    }
}

impl Guest for Instance {
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault> {
        self.ask(request).map_err(|error| self.fault(&error))
    }
    fn said(&mut self) -> Vec<Vec<u8>> {
        let inside = self.store.data_mut();
        inside.bytes = 0;
        std::mem::take(&mut inside.said)
    }
}

/// The import.
fn say(caller: &mut Caller<Inside>, ptr: u32, len: u32) -> Result<(), wasmi::Error> {
    let Some(Extern::Memory(memory)) = caller.get_export(MEMORY) else { return Ok(()) };
    let (data, inside) = memory.data_and_store_mut(caller);
    let (at, len) = (ptr as usize, len as usize);
    let frame =
        data.get(at..at + len).ok_or_else(|| wasmi::Error::new("spoke from outside of its memory"))?;
    inside.bytes += len;
    if inside.bytes > Bounds::PLUGIN.frame {
        return Err(wasmi::Error::new("said too much in one turn"));
    }
    if inside.said.len() < Bounds::PLUGIN.said {
        inside.said.push(frame.to_vec());
    }
    Ok(())
}
